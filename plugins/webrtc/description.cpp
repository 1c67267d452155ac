#include "description.hpp"

#include "sdp_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gio/gio.h>

#include <iterator>
#include <map>
#include <set>

namespace rill::webrtc {

namespace {

class Writer {
  public:
    template <class... A>
    void line(fmt::format_string<A...> text, A&&... args) {
        fmt::format_to(std::back_inserter(text_), text, std::forward<A>(args)...);
        text_ += "\r\n";
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

/// A section's mid, or one that stands for it within the transport when the viewer gave none.
std::string mid_of(const OfferedMedia& media, std::size_t index) {
    return media.mid.empty() ? fmt::format("section{}", index) : media.mid;
}

std::string bundle_of(const Offer& offer, std::span<const Choice> choices) {
    std::string mids;
    for (const Choice& choice : choices)
        mids += " " + mid_of(offer.media[choice.section], choice.section);
    return mids;
}

void write_codec(Writer& writer, const OfferedCodec& codec) {
    const unsigned type = codec.payload_type;
    const std::string channels = codec.channels > 1 ? fmt::format("/{}", codec.channels) : "";
    writer.line("a=rtpmap:{} {}/{}{}", type, codec.name, codec.clock_rate, channels);
    if (!codec.parameters.empty()) writer.line("a=fmtp:{} {}", type, codec.parameters);
    if (codec.nack) writer.line("a=rtcp-fb:{} nack", type);
    if (codec.pli) writer.line("a=rtcp-fb:{} nack pli", type);
    if (codec.fir) writer.line("a=rtcp-fb:{} ccm fir", type);
    if (codec.rtx) {
        writer.line("a=rtpmap:{} rtx/{}", *codec.rtx, codec.clock_rate);
        writer.line("a=fmtp:{} apt={}", *codec.rtx, type);
    }
}

/// The sections of a description as text, by mid. The part before the first m= line has the key "".
std::map<std::string, std::string> sections_by_mid(std::string_view text) {
    std::map<std::string, std::string> result;
    std::string mid;
    std::string section;
    while (!text.empty()) {
        std::string_view line = take_word(text, '\n');
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.starts_with("m=")) {
            result.emplace(std::move(mid), std::move(section));
            mid.clear();
            section.clear();
        }
        if (line.starts_with("a=mid:")) mid = line.substr(6);
        // Written anew by answer_for_viewer: the viewer's own mids, and the candidates once.
        const bool ours = line.starts_with("a=mid:") || line.starts_with("a=group:") ||
                          line.starts_with("a=candidate:") || line == "a=end-of-candidates";
        if (ours || line.empty()) continue;
        section.append(line).append("\r\n");
    }
    result.emplace(std::move(mid), std::move(section));
    return result;
}

void write_rejected(std::string& text, const OfferedMedia& media) {
    text += fmt::format("m={} 0 {} {}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n", media.kind, media.protocol,
                        media.formats);
    if (!media.mid.empty()) text += fmt::format("a=mid:{}\r\n", media.mid);
}

/// The parameters of the codec are the viewer's own, not the transport's guess: what an answer says of
/// profile and level must be what was offered for this payload type (RFC 6184 §8.2.2).
void write_format(std::string& text, const OfferedCodec& codec) {
    const std::string prefix = fmt::format("a=fmtp:{} ", codec.payload_type);
    if (const std::size_t at = text.rfind(prefix); at != std::string::npos && at > text.rfind("m="))
        text.erase(at, text.find('\n', at) + 1 - at);
    if (!codec.parameters.empty()) text += fmt::format("{}{}\r\n", prefix, codec.parameters);
}

std::string candidate_lines(std::span<const std::string> candidates) {
    std::string text;
    for (const std::string& candidate : candidates)
        text += fmt::format("a={}\r\n", candidate);
    return text + "a=end-of-candidates\r\n";
}

constexpr std::size_t transport_word = 2;
constexpr std::size_t priority_word = 3;
constexpr std::size_t address_word = 4;
constexpr std::size_t port_word = 5;
constexpr std::size_t type_word = 7;

std::vector<std::string_view> words_of(std::string_view candidate) {
    std::vector<std::string_view> words;
    while (!candidate.empty())
        words.push_back(take_word(candidate));
    return words;
}

/// Of all sections with this transport: a viewer may state them in the first one only, and that one may be
/// what the camera does not have.
void write_candidates(Writer& writer, const Offer& offer, const TransportParameters& transport) {
    for (const OfferedMedia& media : offer.media) {
        if (media.transport.ufrag != transport.ufrag) continue;
        for (const std::string& candidate : media.candidates) {
            if (has_numeric_address(candidate)) writer.line("a={}", candidate);
        }
    }
}

}  // namespace

unsigned extension_id(const OfferedMedia& media, std::string_view uri) {
    for (const HeaderExtension& extension : media.extensions) {
        if (extension.uri == uri) return extension.id;
    }
    return 0;
}

const TransportParameters& transport_of(const Offer& offer, std::span<const Choice> choices) {
    for (const Choice& choice : choices) {
        if (offer.media[choice.section].transport.complete()) return offer.media[choice.section].transport;
    }
    for (const OfferedMedia& media : offer.media) {
        if (media.bundled && media.transport.complete()) return media.transport;
    }
    return offer.media[choices.front().section].transport;
}

std::string offer_for_transport(const Offer& offer, std::span<const Choice> choices) {
    const TransportParameters& transport = transport_of(offer, choices);
    Writer writer;
    writer.line("v=0");
    writer.line("o=- 1 1 IN IP4 127.0.0.1");
    writer.line("s=-");
    writer.line("t=0 0");
    if (offer.ice_lite) writer.line("a=ice-lite");
    writer.line("a=group:BUNDLE{}", bundle_of(offer, choices));
    for (const Choice& choice : choices) {
        const OfferedMedia& media = offer.media[choice.section];
        const std::string rtx = choice.codec.rtx ? fmt::format(" {}", *choice.codec.rtx) : "";
        writer.line("m={} 9 UDP/TLS/RTP/SAVPF {}{}", media.kind, choice.codec.payload_type, rtx);
        writer.line("c=IN IP4 0.0.0.0");
        writer.line("a=mid:{}", mid_of(media, choice.section));
        writer.line("a=recvonly");
        writer.line("a=rtcp-mux");
        writer.line("a=rtcp-rsize");
        writer.line("a=ice-ufrag:{}", transport.ufrag);
        writer.line("a=ice-pwd:{}", transport.password);
        writer.line("a=fingerprint:{} {}", transport.fingerprint_hash, transport.fingerprint_value);
        writer.line("a=setup:{}", transport.setup);
        if (const unsigned id = extension_id(media, playout_delay_uri); id != 0 && media.kind == "video")
            writer.line("a=extmap:{} {}", id, playout_delay_uri);
        write_codec(writer, choice.codec);
        if (&choice == &choices.front()) write_candidates(writer, offer, transport);
    }
    return writer.take();
}

std::string answer_for_viewer(const Offer& offer, std::span<const Choice> choices, std::string_view answer,
                              const AnsweredIce& ice) {
    auto sections = sections_by_mid(answer);
    std::string text = sections[""];
    if (ice.is_lite) text += "a=ice-lite\r\n";
    if (!offer.bundle.empty()) text += fmt::format("a=group:BUNDLE{}\r\n", bundle_of(offer, choices));
    const Choice* next = choices.data();
    const Choice* const end = choices.data() + choices.size();
    for (std::size_t at = 0; at < offer.media.size(); ++at) {
        const OfferedMedia& media = offer.media[at];
        if (next == end || next->section != at) {
            write_rejected(text, media);
            continue;
        }
        text += sections[mid_of(media, at)];
        write_format(text, next->codec);
        if (!media.mid.empty()) text += fmt::format("a=mid:{}\r\n", media.mid);
        if (next == choices.data()) text += candidate_lines(ice.candidates);
        ++next;
    }
    return text;
}

std::vector<std::string> additional_candidates(std::span<const std::string> candidates,
                                               std::span<const std::string> hosts) {
    std::vector<std::string> result;
    std::set<std::string> seen;
    unsigned foundation = 900;
    for (const std::string& candidate : candidates) {
        const auto words = words_of(candidate);
        if (words.size() <= type_word || words[type_word] != "host") continue;
        // What TCP candidates have behind it: "tcptype passive".
        const std::string more = fmt::format("{}", fmt::join(words.begin() + type_word, words.end(), " "));
        for (const std::string& host : hosts) {
            const std::string transport(words[transport_word]);
            if (!seen.insert(fmt::format("{} {} {}", transport, host, words[port_word])).second) continue;
            result.push_back(fmt::format("candidate:{} 1 {} {} {} {} typ {}", foundation++, transport,
                                         words[priority_word], host, words[port_word], more));
        }
    }
    return result;
}

bool has_numeric_address(std::string_view candidate) {
    const auto words = words_of(candidate);
    return words.size() > address_word &&
           g_hostname_is_ip_address(std::string(words[address_word]).c_str()) != FALSE;
}

std::string restart_fragment(const Offer& offer, std::span<const Choice> choices, std::string_view ufrag,
                             std::string_view password, std::span<const std::string> candidates) {
    const Choice& first = choices.front();
    const OfferedMedia& media = offer.media[first.section];
    Writer writer;
    writer.line("a=ice-ufrag:{}", ufrag);
    writer.line("a=ice-pwd:{}", password);
    writer.line("m={} 9 UDP/TLS/RTP/SAVPF {}", media.kind, first.codec.payload_type);
    writer.line("a=mid:{}", media.mid);
    return writer.take() + candidate_lines(candidates);
}

}  // namespace rill::webrtc
