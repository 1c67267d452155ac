// Length-prefixed access units and the parameter sets of a format.
#include "h264.hpp"
#include "h265.hpp"

#include <rill/media/formats.hpp>

namespace rill {

std::vector<Bytes> parameter_sets(const Format& format) {
    std::vector<Bytes> sets;
    const auto append = [&sets](const std::vector<Bytes>& more) {
        sets.insert(sets.end(), more.begin(), more.end());
    };
    if (format.codec == Codec::h264) {
        if (const auto record = h264::parse_record(format.config)) {
            append(record->sps);
            append(record->pps);
        }
    } else if (format.codec == Codec::h265) {
        if (const auto record = h265::parse_record(format.config)) {
            append(record->vps);
            append(record->sps);
            append(record->pps);
        }
    }
    return sets;
}

bool for_each_nal(Bytes access_unit, const std::function<void(Bytes)>& each) {
    constexpr std::size_t length_size = 4;
    while (!access_unit.empty()) {
        if (access_unit.size() < length_size) return false;
        const std::size_t length = std::size_t{access_unit[0]} << 24 | std::size_t{access_unit[1]} << 16 |
                                   std::size_t{access_unit[2]} << 8 | std::size_t{access_unit[3]};
        access_unit = access_unit.subspan(length_size);
        if (length > access_unit.size()) return false;
        if (length > 0) each(access_unit.first(length));
        access_unit = access_unit.subspan(length);
    }
    return true;
}

namespace {

/// Collects whether there are slices and whether any of them is referred to.
struct Slices {
    bool any = false;
    bool referred_to = false;
    void add(bool reference) {
        any = true;
        referred_to = referred_to || reference;
    }
};

}  // namespace

bool is_disposable(const Format& format, Bytes access_unit) {
    Slices slices;
    bool whole = false;
    if (format.codec == Codec::h264) {
        whole = for_each_nal(access_unit, [&slices](Bytes nal) {
            if (h264::is_slice(nal)) slices.add(h264::is_reference(nal));
        });
    } else if (format.codec == Codec::h265) {
        const unsigned layers = h265::temporal_layers(format.config);
        whole = for_each_nal(access_unit, [&slices, layers](Bytes nal) {
            if (!h265::is_slice(nal)) return;
            const bool highest_layer = h265::temporal_id(nal) + 1 == layers;
            slices.add(h265::is_sub_layer_reference(nal) || !highest_layer);
        });
    }
    return whole && slices.any && !slices.referred_to;
}

}  // namespace rill
