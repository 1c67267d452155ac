#include "offer.hpp"

#include "sdp_line.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <set>

namespace rill::webrtc {

namespace {

constexpr std::size_t max_sections = 16;
constexpr std::size_t max_formats = 128;
constexpr std::size_t max_extensions = 64;
constexpr std::size_t max_candidates = 128;
constexpr std::size_t max_parameters = 1024;
constexpr unsigned max_extension_id = 14;

Error malformed(const SdpLine& line, std::string_view what) {
    return {Code::invalid_config, fmt::format("SDP line {}: {}", line.number, what)};
}

bool is_ip_or_name(std::string_view text) {
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == ':' || c == '-' || c == '_' || c == '%';
    });
}

bool is_fingerprint(std::string_view hash, std::string_view value) {
    std::size_t bytes = 0;
    if (hash == "sha-256") bytes = 32;
    if (hash == "sha-384") bytes = 48;
    if (hash == "sha-512") bytes = 64;
    if (bytes == 0 || value.size() != bytes * 3 - 1) return false;
    for (std::size_t at = 0; at < value.size(); ++at) {
        const bool ok = at % 3 == 2 ? value[at] == ':' : g_ascii_isxdigit(value[at]) != FALSE;
        if (!ok) return false;
    }
    return true;
}

/// The payload types that have a meaning without an rtpmap line (RFC 3551 §6), as far as they are used here.
std::optional<OfferedCodec> static_codec(std::uint8_t payload_type) {
    OfferedCodec codec;
    codec.payload_type = payload_type;
    codec.clock_rate = 8000;
    if (payload_type == 0) codec.name = "PCMU";
    if (payload_type == 8) codec.name = "PCMA";
    if (codec.name.empty()) return std::nullopt;
    return codec;
}

/// Reads one description, line by line.
class Reader {
  public:
    Result<Offer> read(std::string_view text) {
        auto lines = split_sdp(text);
        if (!lines) return lines.error();
        if (lines->empty() || lines->front().type != 'v' || lines->front().value != "0")
            return Error{Code::invalid_config, "the SDP does not start with v=0"};
        for (const SdpLine& line : *lines) {
            if (line.type == 'm') {
                if (auto done = begin_section(line); !done) return done.error();
            } else if (line.type == 'a') {
                if (auto done = read_attribute(line); !done) return done.error();
            }
        }
        return finish();
    }

  private:
    /// A section while it is read; becomes an OfferedMedia.
    struct Section {
        OfferedMedia media;
        std::vector<std::uint8_t> payload_types;
        std::map<std::uint8_t, OfferedCodec> codecs;
        bool port_zero = false, bundle_only = false, rtcp_mux = false;
    };

    Result<> begin_section(const SdpLine& line) {
        if (sections_.size() == max_sections)
            return malformed(line, fmt::format("more than {} m= sections", max_sections));
        std::string_view rest = line.value;
        const auto kind = take_word(rest);
        std::string_view ports = take_word(rest);
        const auto port = parse_number<std::uint16_t>(take_word(ports, '/'));
        const auto protocol = take_word(rest);
        if (!is_token(kind, 1, 32) || !port || protocol.empty() || protocol.size() > 64 || rest.empty() ||
            rest.size() > 1024)
            return malformed(line, "a broken m= line");

        Section& section = sections_.emplace_back();
        section.media.kind = kind;
        section.media.protocol = protocol;
        section.media.formats = rest;
        section.media.receives = session_receives_;
        section.port_zero = *port == 0;
        if (protocol.find("RTP/") == std::string_view::npos) return ok();
        while (!rest.empty()) {
            const auto type = parse_number<unsigned>(take_word(rest));
            if (!type || *type > 127) return malformed(line, "a payload type that is not 0 … 127");
            if (section.payload_types.size() == max_formats) return malformed(line, "too many payload types");
            const auto payload_type = static_cast<std::uint8_t>(*type);
            section.payload_types.push_back(payload_type);
            if (auto codec = static_codec(payload_type)) section.codecs.emplace(payload_type, *codec);
        }
        return ok();
    }

    Result<> read_attribute(const SdpLine& line) {
        for (const auto& [name, read] : transport_attributes()) {
            if (const auto value = attribute(line.value, name)) return (this->*read)(line, *value);
        }
        if (sections_.empty()) return read_session_attribute(line);
        for (const auto& [name, read] : section_attributes()) {
            if (const auto value = attribute(line.value, name)) return (this->*read)(line, *value);
        }
        return ok();
    }

    using Read = Result<> (Reader::*)(const SdpLine&, std::string_view);
    struct Row {
        std::string_view name;
        Read read;
    };

    static const std::array<Row, 4>& transport_attributes() {
        static const std::array<Row, 4> rows{{{"ice-ufrag", &Reader::read_ufrag},
                                              {"ice-pwd", &Reader::read_password},
                                              {"fingerprint", &Reader::read_fingerprint},
                                              {"setup", &Reader::read_setup}}};
        return rows;
    }

    static const std::array<Row, 12>& section_attributes() {
        static const std::array<Row, 12> rows{{{"mid", &Reader::read_mid},
                                               {"rtpmap", &Reader::read_rtpmap},
                                               {"fmtp", &Reader::read_fmtp},
                                               {"rtcp-fb", &Reader::read_feedback},
                                               {"extmap", &Reader::read_extension},
                                               {"candidate", &Reader::read_candidate},
                                               {"rtcp-mux", &Reader::read_flag},
                                               {"bundle-only", &Reader::read_flag},
                                               {"sendrecv", &Reader::read_flag},
                                               {"recvonly", &Reader::read_flag},
                                               {"sendonly", &Reader::read_flag},
                                               {"inactive", &Reader::read_flag}}};
        return rows;
    }

    Result<> read_session_attribute(const SdpLine& line) {
        if (const auto group = attribute(line.value, "group")) {
            std::string_view rest = *group;
            if (take_word(rest) != "BUNDLE") return ok();
            if (!offer_.bundle.empty()) return malformed(line, "a second BUNDLE group");
            while (!rest.empty()) {
                const auto mid = take_word(rest);
                if (!is_token(mid, 1, 64) || offer_.bundle.size() == max_sections)
                    return malformed(line, "a broken BUNDLE group");
                offer_.bundle.emplace_back(mid);
            }
        } else if (line.value == "ice-lite") {
            offer_.ice_lite = true;
        } else if (line.value == "sendonly" || line.value == "inactive") {
            session_receives_ = false;
        }
        return ok();
    }

    TransportParameters& transport() { return sections_.empty() ? session_ : section().transport; }
    OfferedMedia& section() { return sections_.back().media; }

    Result<> read_ufrag(const SdpLine& line, std::string_view value) {
        if (!is_ice_string(value, 4, 256)) return malformed(line, "ice-ufrag is not 4 … 256 ICE characters");
        transport().ufrag = value;
        return ok();
    }

    Result<> read_password(const SdpLine& line, std::string_view value) {
        if (!is_ice_string(value, 22, 256)) return malformed(line, "ice-pwd is not 22 … 256 ICE characters");
        transport().password = value;
        return ok();
    }

    Result<> read_fingerprint(const SdpLine& line, std::string_view value) {
        const std::string hash = to_lower(take_word(value));
        if (!is_fingerprint(hash, value))
            return malformed(line, "a fingerprint that is not a SHA-256, SHA-384 or SHA-512 hash");
        transport().fingerprint_hash = hash;
        transport().fingerprint_value = to_upper(value);
        return ok();
    }

    Result<> read_setup(const SdpLine& line, std::string_view value) {
        if (value != "actpass" && value != "active" && value != "passive")
            return malformed(line, "setup is not actpass, active or passive");
        transport().setup = value;
        return ok();
    }

    Result<> read_mid(const SdpLine& line, std::string_view value) {
        if (!is_token(value, 1, 64)) return malformed(line, "mid is not a token of 1 … 64 characters");
        if (!mids_.emplace(value).second) return malformed(line, "a mid that another section has");
        section().mid = value;
        return ok();
    }

    Result<> read_rtpmap(const SdpLine& line, std::string_view value) {
        const auto type = parse_number<unsigned>(take_word(value));
        const auto name = take_word(value, '/');
        const auto rate = parse_number<std::uint32_t>(take_word(value, '/'));
        const auto channels = value.empty() ? std::optional(1u) : parse_number<unsigned>(value);
        if (!type || *type > 127 || !is_token(name, 1, 64) || !rate || !channels || *channels > 255)
            return malformed(line, "a broken rtpmap");
        OfferedCodec& codec = codec_of(static_cast<std::uint8_t>(*type));
        codec.name = to_upper(name);
        codec.clock_rate = *rate;
        codec.channels = *channels;
        return ok();
    }

    Result<> read_fmtp(const SdpLine& line, std::string_view value) {
        const auto type = parse_number<unsigned>(take_word(value));
        if (!type || *type > 127 || value.size() > max_parameters) return malformed(line, "a broken fmtp");
        OfferedCodec& codec = codec_of(static_cast<std::uint8_t>(*type));
        codec.parameters = value;
        while (!value.empty()) {
            std::string_view item = take_word(value, ';');
            while (!item.empty() && item.front() == ' ')
                item.remove_prefix(1);
            const auto name = take_word(item, '=');
            if (!name.empty()) codec.parameter_map.insert_or_assign(to_lower(name), std::string(item));
        }
        return ok();
    }

    Result<> read_feedback(const SdpLine& line, std::string_view value) {
        const auto type = take_word(value);
        const auto number = parse_number<unsigned>(type);
        if (type != "*" && (!number || *number > 127)) return malformed(line, "a broken rtcp-fb");
        const auto note = [value](OfferedCodec& codec) {
            codec.nack |= value == "nack";
            codec.pli |= value == "nack pli";
            codec.fir |= value == "ccm fir";
        };
        if (number) {
            note(codec_of(static_cast<std::uint8_t>(*number)));
        } else {
            for (auto& [payload_type, codec] : sections_.back().codecs)
                note(codec);
        }
        return ok();
    }

    Result<> read_extension(const SdpLine& line, std::string_view value) {
        std::string_view id_and_direction = take_word(value);
        const auto id = parse_number<unsigned>(take_word(id_and_direction, '/'));
        const auto uri = take_word(value);
        if (!id || *id == 0 || uri.empty() || uri.size() > 256) return malformed(line, "a broken extmap");
        if (section().extensions.size() == max_extensions) return malformed(line, "too many extmap lines");
        if (*id <= max_extension_id) section().extensions.push_back({*id, std::string(uri)});
        return ok();
    }

    Result<> read_candidate(const SdpLine& line, std::string_view) {
        if (!is_candidate(line.value)) return malformed(line, "a broken candidate");
        if (section().candidates.size() == max_candidates) return malformed(line, "too many candidates");
        section().candidates.emplace_back(line.value);
        return ok();
    }

    Result<> read_flag(const SdpLine& line, std::string_view value) {
        if (!value.empty()) return malformed(line, "an attribute with a value that takes none");
        Section& current = sections_.back();
        if (line.value == "rtcp-mux") current.rtcp_mux = true;
        if (line.value == "bundle-only") current.bundle_only = true;
        if (line.value == "sendrecv" || line.value == "recvonly") current.media.receives = true;
        if (line.value == "sendonly" || line.value == "inactive") current.media.receives = false;
        return ok();
    }

    OfferedCodec& codec_of(std::uint8_t payload_type) {
        OfferedCodec& codec = sections_.back().codecs[payload_type];
        codec.payload_type = payload_type;
        return codec;
    }

    Result<Offer> finish() {
        if (sections_.empty()) return Error{Code::invalid_config, "the SDP has no m= section"};
        for (const std::string& mid : offer_.bundle) {
            if (!mids_.contains(mid))
                return Error{Code::invalid_config,
                             fmt::format("BUNDLE names mid {}, which no section has", mid)};
        }
        for (Section& section : sections_) {
            if (auto done = finish_section(section); !done) return done.error();
            offer_.media.push_back(std::move(section.media));
        }
        return std::move(offer_);
    }

    Result<> finish_section(Section& section) {
        OfferedMedia& media = section.media;
        inherit(media.transport, session_);
        media.bundled =
            std::find(offer_.bundle.begin(), offer_.bundle.end(), media.mid) != offer_.bundle.end();
        const bool secure_rtp = media.protocol == "UDP/TLS/RTP/SAVPF" ||
                                media.protocol == "TCP/TLS/RTP/SAVPF" || media.protocol == "RTP/SAVPF";
        const bool offered = !section.port_zero || (section.bundle_only && media.bundled);
        media.usable =
            secure_rtp && offered && section.rtcp_mux && (media.kind == "video" || media.kind == "audio");
        if (!media.usable) return ok();
        // A bundle-only section is reached through the others.
        if (!section.bundle_only && !media.transport.complete())
            return Error{Code::invalid_config,
                         fmt::format("section {} lacks ice-ufrag, ice-pwd or fingerprint",
                                     media.mid.empty() ? media.kind : media.mid)};
        collect_codecs(section);
        return ok();
    }

    static void inherit(TransportParameters& section, const TransportParameters& session) {
        if (section.ufrag.empty()) section.ufrag = session.ufrag;
        if (section.password.empty()) section.password = session.password;
        if (section.setup.empty()) section.setup = session.setup.empty() ? "actpass" : session.setup;
        if (section.fingerprint_value.empty()) {
            section.fingerprint_hash = session.fingerprint_hash;
            section.fingerprint_value = session.fingerprint_value;
        }
    }

    static void collect_codecs(Section& section) {
        static const std::set<std::string, std::less<>> helpers{"RTX",        "RED", "ULPFEC",
                                                                "FLEXFEC-03", "CN",  "TELEPHONE-EVENT"};
        std::map<std::uint8_t, std::uint8_t> retransmissions;
        for (const auto& [payload_type, codec] : section.codecs) {
            if (codec.name != "RTX") continue;
            const auto original = parse_number<unsigned>(codec.parameter("apt", ""));
            if (original && *original <= 127)
                retransmissions.emplace(static_cast<std::uint8_t>(*original), payload_type);
        }
        for (const std::uint8_t payload_type : section.payload_types) {
            const auto found = section.codecs.find(payload_type);
            if (found == section.codecs.end()) continue;
            OfferedCodec& codec = found->second;
            if (codec.name.empty() || helpers.contains(codec.name)) continue;
            if (const auto rtx = retransmissions.find(payload_type); rtx != retransmissions.end())
                codec.rtx = rtx->second;
            section.media.codecs.push_back(std::move(codec));
            section.codecs.erase(found);  // a payload type that is listed twice counts once
        }
    }

    Offer offer_;
    TransportParameters session_;
    bool session_receives_ = true;
    std::vector<Section> sections_;
    std::set<std::string, std::less<>> mids_;
};

}  // namespace

std::string OfferedCodec::parameter(const std::string& key, std::string_view fallback) const {
    const auto found = parameter_map.find(key);
    return found == parameter_map.end() ? std::string(fallback) : found->second;
}

Result<Offer> parse_offer(std::string_view text) {
    return Reader().read(text);
}

Result<CandidateFragment> parse_fragment(std::string_view text) {
    auto lines = split_sdp(text);
    if (!lines) return lines.error();
    CandidateFragment fragment;
    for (const SdpLine& line : *lines) {
        if (line.type != 'a') continue;
        if (const auto ufrag = attribute(line.value, "ice-ufrag")) {
            if (!is_ice_string(*ufrag, 4, 256))
                return malformed(line, "ice-ufrag is not 4 … 256 ICE characters");
            fragment.ufrag = *ufrag;
        } else if (const auto password = attribute(line.value, "ice-pwd")) {
            if (!is_ice_string(*password, 22, 256))
                return malformed(line, "ice-pwd is not 22 … 256 ICE characters");
            fragment.password = *password;
        } else if (attribute(line.value, "candidate")) {
            if (!is_candidate(line.value)) return malformed(line, "a broken candidate");
            if (fragment.candidates.size() == max_candidates) return malformed(line, "too many candidates");
            fragment.candidates.emplace_back(line.value);
        }
    }
    return fragment;
}

bool is_candidate(std::string_view candidate) {
    const auto value = attribute(candidate, "candidate");
    if (!value || candidate.size() > 1024) return false;
    std::string_view rest = *value;
    const auto foundation = take_word(rest);
    const auto component = parse_number<unsigned>(take_word(rest));
    const auto protocol = take_word(rest);
    const auto priority = parse_number<std::uint32_t>(take_word(rest));
    const auto address = take_word(rest);
    const auto port = parse_number<std::uint16_t>(take_word(rest));
    const auto typ = take_word(rest);
    const auto type = take_word(rest);
    return is_ice_string(foundation, 1, 32) && component && *component >= 1 && *component <= 256 &&
           is_token(protocol, 1, 16) && priority && is_ip_or_name(address) && port && typ == "typ" &&
           is_token(type, 1, 16);
}

}  // namespace rill::webrtc
