// Watches as a browser whose offer was recorded: sends that offer by WHEP, with nothing replaced but what
// belongs to the sender (recorded_offer.hpp), connects, decodes what comes, and tells it as one line of JSON.
//
//   offer-player [--frames N] [--seconds N] [--raw FILE] OFFER.sdp WHEP-URL
//
// Ends with 0 when every section that the answer accepts has delivered: N pictures (30), one second of sound,
// which has the camera's beep wherever it begins; with 1 when that does not come within the seconds (20) or
// something fails, with 2 when the command line is wrong, with 3 when the offer is refused. Then `error` says
// why, and `status` is the answer's. FILE gets each picture as I420, one after the other, perhaps a few more
// than are counted.
#include "reception.hpp"
#include "recorded_offer.hpp"
#include "webrtcbin_client.hpp"
#include "whep_client.hpp"

#include <rill/callback.hpp>
#include <rill/json.hpp>
#include <rill/loop.hpp>
#include <rill/pipeline.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace rill::test {

namespace {

using webrtc::Description;
using namespace std::chrono_literals;

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_refused = 3;

struct Wanted {
    std::string offer, url;
    std::uint64_t frames;
    std::chrono::seconds longest;
    std::FILE* raw;  ///< null: nowhere
};

/// What webrtcbin's own offer is made of; it is never sent, and says nothing of what may be received.
const char* own_caps_for(std::string_view kind) {
    if (kind == "video")
        return "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000";
    if (kind == "audio")
        return "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000";
    return nullptr;
}

/// The error that a reply of webrtcbin's carries; empty when it carries none.
std::string error_in(const GstStructure* reply) {
    if (reply == nullptr || gst_structure_has_field(reply, "error") == FALSE) return {};
    Owned<GError> error;
    gst_structure_get(reply, "error", G_TYPE_ERROR, static_cast<GError**>(out(error)), nullptr);
    return error ? error->message : "webrtcbin reports an error";
}

Json to_json(const Received& received) {
    auto json = Json::object()
                    .set("codec", received.codec)
                    .set("payload_type", received.payload_type)
                    .set("packets", received.packets)
                    .set("lost", received.lost);
    if (received.kind == "video") {
        json.set("frames", received.frames).set("width", received.width).set("height", received.height);
        json.set("luma_mean", received.luma_mean).set("luma_deviation", received.luma_deviation);
    } else {
        json.set("samples", received.samples).set("rate", received.rate).set("channels", received.channels);
        json.set("loudest", received.loudest);
    }
    return json;
}

/// Threading: the loop's thread.
class OfferPlayer {
  public:
    OfferPlayer(Loop& loop, Wanted wanted, std::function<void(int)> ended)
        : loop_(loop),
          wanted_(std::move(wanted)),
          ended_(std::move(ended)),
          link_(std::make_shared<OfferPlayer*>(this)),
          pipeline_("offer-player", loop,
                    [this](GstMessage* message) {
                        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) fail(error_text(message));
                    }),
          webrtcbin_(pipeline_.make("webrtcbin")),
          whep_(Ref<SoupSession>::adopt(soup_session_new()), wanted_.url,
                {[this](const std::string& sdp) { take_answer(sdp); },
                 [this](int status, const std::string& reason) { refused(status, reason); }}) {}
    OfferPlayer(const OfferPlayer&) = delete;
    OfferPlayer& operator=(const OfferPlayer&) = delete;
    ~OfferPlayer() { *link_ = nullptr; }

    void start();

  private:
    using Link = std::shared_ptr<OfferPlayer*>;

    /// Runs a step on the loop, from any thread, unless this is gone by then.
    template <class Step>
    static void post(Loop& loop, const Link& link, Step step) {
        loop.post([link, step = std::move(step)] {
            if (*link != nullptr) step(**link);
        });
    }

    void receive_pads();
    void pretend(const std::string& own_offer);
    void send_offer();
    void take_answer(const std::string& sdp);
    void set_description(const char* action, GstWebRTCSDPType type, const std::string& sdp);
    void look();
    bool has_delivered(std::string_view kind) const;
    void refused(int status, const std::string& reason);
    void fail(const std::string& reason);
    void end(int code, Json report);

    Loop& loop_;
    const Wanted wanted_;
    const std::function<void(int)> ended_;
    const Link link_;  // null inside once this is gone
    Pipeline pipeline_;
    GstElement* const webrtcbin_;  // held by the pipeline
    WhepClient whep_;
    std::vector<std::string> expected_;  // kinds of the sections that the answer accepts
    std::vector<std::shared_ptr<Reception>> receptions_;
    bool has_sent_ = false;
    bool has_ended_ = false;
    Timer deadline_;
    Timer look_;
};

void OfferPlayer::start() {
    if (webrtcbin_ == nullptr) return fail("GStreamer's webrtcbin is not installed");
    g_object_set(webrtcbin_, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    use_loopback_only(webrtcbin_);
    for (const std::string& kind : sections_of(wanted_.offer)) {
        if (const char* caps = own_caps_for(kind)) add_receiver(webrtcbin_, caps);
    }
    receive_pads();
    when_gathered(webrtcbin_, [&loop = loop_, link = link_] {
        post(loop, link, [](OfferPlayer& player) { player.send_offer(); });
    });
    deadline_ = loop_.after(wanted_.longest, [this] { fail("not all has come in time"); });
    if (!pipeline_.play()) return fail("webrtcbin does not start");
    ask(webrtcbin_, "create-offer", nullptr, [&loop = loop_, link = link_](const GstStructure* reply) {
        GstWebRTCSessionDescription* raw = nullptr;
        if (reply != nullptr)
            gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &raw, nullptr);
        const Description offer(raw);
        if (!offer) {
            post(loop, link, [why = error_in(reply)](OfferPlayer& player) { player.fail(why); });
            return;
        }
        const Owned<char> text(gst_sdp_message_as_text(offer->sdp));
        post(loop, link, [own = std::string(text.get())](OfferPlayer& player) { player.pretend(own); });
    });
}

void OfferPlayer::receive_pads() {
    struct Receiving {
        Loop& loop;
        Link link;
        std::FILE* raw;
    };
    constexpr auto on_pad = +[](GstElement* webrtcbin, GstPad* pad, Receiving* receiving) {
        if (gst_pad_get_direction(pad) != GST_PAD_SRC) return;
        const auto bin = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(webrtcbin)));
        if (!bin) return;
        auto reception = Reception::begin(GST_BIN(bin.get()), pad, receiving->raw);
        post(receiving->loop, receiving->link, [reception = std::move(reception)](OfferPlayer& player) {
            player.receptions_.push_back(reception);
        });
    };
    g_signal_connect_data(webrtcbin_, "pad-added", G_CALLBACK(on_pad),
                          keep(Receiving{loop_, link_, wanted_.raw}), drop_closure<Receiving>,
                          GConnectFlags{});
}

/// The recorded offer becomes webrtcbin's own: all it took part in is the sender's identity.
void OfferPlayer::pretend(const std::string& own_offer) {
    set_description("set-local-description", GST_WEBRTC_SDP_TYPE_OFFER,
                    with_identity(wanted_.offer, identity_of(own_offer)));
}

void OfferPlayer::send_offer() {
    if (std::exchange(has_sent_, true)) return;
    whep_.post(with_identity(wanted_.offer, identity_of(local_description(webrtcbin_))));
}

void OfferPlayer::take_answer(const std::string& sdp) {
    const auto kinds = sections_of(wanted_.offer);
    const auto accepted = accepted_sections(sdp);
    if (accepted.size() != kinds.size()) return fail("the answer has not the sections of the offer:\n" + sdp);
    for (std::size_t at = 0; at < kinds.size(); ++at) {
        if (accepted[at]) expected_.push_back(kinds[at]);
    }
    if (expected_.empty()) return fail("the answer accepts no section:\n" + sdp);
    set_description("set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    look_ = loop_.every(20ms, [this] { look(); });
}

void OfferPlayer::set_description(const char* action, GstWebRTCSDPType type, const std::string& sdp) {
    const Description description = parse_description(type, as_webrtcbin_wants_it(sdp));
    if (!description) return fail("no SDP:\n" + sdp);
    ask(webrtcbin_, action, description.get(), [&loop = loop_, link = link_](const GstStructure* reply) {
        const std::string why = error_in(reply);
        if (!why.empty()) post(loop, link, [why](OfferPlayer& player) { player.fail(why); });
    });
}

void OfferPlayer::look() {
    const bool is_done = std::all_of(expected_.begin(), expected_.end(),
                                     [this](const std::string& kind) { return has_delivered(kind); });
    if (is_done) end(exit_done, Json::object());
}

bool OfferPlayer::has_delivered(std::string_view kind) const {
    return std::any_of(receptions_.begin(), receptions_.end(), [&](const auto& reception) {
        const Received received = reception->so_far();
        if (received.kind != kind) return false;
        if (kind == "video") return received.frames >= wanted_.frames;
        return received.rate > 0 && received.samples >= static_cast<std::uint64_t>(received.rate);
    });
}

void OfferPlayer::refused(int status, const std::string& reason) {
    end(status == 0 ? exit_failed : exit_refused, Json::object().set("status", status).set("error", reason));
}

void OfferPlayer::fail(const std::string& reason) {
    end(exit_failed, Json::object().set("error", reason));
}

void OfferPlayer::end(int code, Json report) {
    if (std::exchange(has_ended_, true)) return;
    look_.cancel();
    deadline_.cancel();
    for (const auto& reception : receptions_) {
        const Received received = reception->so_far();
        report.set(received.kind, to_json(received));
    }
    fmt::print("{}\n", report.dump());
    ended_(code);
}

struct CommandLine {
    Owned<char> raw;
    int frames = 30;
    int seconds = 20;
};

/// Leaves the file and the URL in `argv`.
bool parse(CommandLine& line, int& argc, char**& argv) {
    char* raw = nullptr;
    const GOptionEntry entries[] = {
        {"frames", 0, 0, G_OPTION_ARG_INT, &line.frames, "pictures to wait for", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &line.seconds, "the longest that it may take", "N"},
        {"raw", 0, 0, G_OPTION_ARG_FILENAME, &raw, "where pictures are written, as I420", "FILE"},
        {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
    GOptionContext* const context = g_option_context_new("OFFER.sdp WHEP-URL");
    g_option_context_add_main_entries(context, entries, nullptr);
    Owned<GError> error;
    const bool parsed = g_option_context_parse(context, &argc, &argv, out(error)) != FALSE;
    const Owned<char> usage(g_option_context_get_help(context, TRUE, nullptr));
    g_option_context_free(context);
    line.raw.reset(raw);
    if (parsed && argc == 3 && line.frames > 0 && line.seconds > 0) return true;
    fmt::print(stderr, "{}{}", error ? fmt::format("{}\n", error->message) : "", usage.get());
    return false;
}

int run(int argc, char** argv) {
    CommandLine line;
    if (!parse(line, argc, argv)) return exit_usage;
    std::ifstream file(argv[1], std::ios::binary);
    const std::string offer{std::istreambuf_iterator<char>(file), {}};
    if (sections_of(offer).empty()) {
        fmt::print(stderr, "offer-player: '{}' is no offer\n", argv[1]);
        return exit_usage;
    }
    std::FILE* const raw = line.raw ? std::fopen(line.raw.get(), "wb") : nullptr;
    if (line.raw && raw == nullptr) {
        fmt::print(stderr, "offer-player: '{}' cannot be written\n", line.raw.get());
        return exit_usage;
    }

    gst_init(nullptr, nullptr);
    Loop loop(Ref<GMainContext>::retain(g_main_context_default()));
    const auto main_loop = Ref<GMainLoop>::adopt(g_main_loop_new(nullptr, FALSE));
    int code = exit_failed;
    {
        OfferPlayer player(loop,
                           {offer, argv[2], static_cast<std::uint64_t>(line.frames),
                            std::chrono::seconds(line.seconds), raw},
                           [&](int with) {
                               code = with;
                               g_main_loop_quit(main_loop.get());
                           });
        loop.post([&player] { player.start(); });
        g_main_loop_run(main_loop.get());
    }
    // Until then pictures may be written.
    const bool disposed = Pipeline::wait_for_disposals(20s);
    if (raw != nullptr && disposed) std::fclose(raw);
    return disposed ? code : exit_failed;
}

}  // namespace

}  // namespace rill::test

int main(int argc, char** argv) {
    return rill::test::run(argc, argv);
}
