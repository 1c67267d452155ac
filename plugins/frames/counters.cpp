#include "counters.hpp"

#include <array>

namespace rill::frames {

namespace {

struct Row {
    std::string_view name, help;
    std::atomic<std::uint64_t> Counters::*value;
};

constexpr auto rows = std::to_array<Row>({
    {"decoders", "Decoders that run: 0 or 1.", &Counters::decoders},
    {"clients", "Who gets pictures.", &Counters::clients},
    {"conversions", "Different forms (format, width, height) that are made.", &Counters::conversions},
    {"picture_bytes", "Memory that pictures take, wherever they wait.", &Counters::picture_bytes},
    {"decoder_starts_total", "Decoders begun.", &Counters::starts},
    {"decoder_errors_total", "Errors that ended a decoder.", &Counters::errors},
    {"decoded_total", "Pictures decoded.", &Counters::decoded},
    {"not_decoded_total", "Access units that no whole picture came of.", &Counters::not_decoded},
    {"skipped_total", "Decoded pictures that conversions came too late for.", &Counters::skipped},
    {"converted_total", "Pictures made, in whichever form.", &Counters::converted},
    {"not_converted_total", "Pictures that could not be made, or for which there was no memory.",
     &Counters::not_converted},
    {"sent_total", "Pictures sent, once for each client.", &Counters::sent},
    {"sent_bytes_total", "Bytes of pictures sent.", &Counters::sent_bytes},
    {"dropped_total", "Pictures that clients were too slow for.", &Counters::dropped},
});

}  // namespace

std::vector<SinkCounter> Counters::read() const {
    std::vector<SinkCounter> out;
    for (const Row& row : rows)
        out.push_back({row.name, row.help, (this->*row.value).load()});
    return out;
}

}  // namespace rill::frames
