#include "hls_sink.hpp"

#include "answers.hpp"
#include "rewind.hpp"
#include "timeline.hpp"
#include "variants.hpp"

#include <rill/access.hpp>
#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace rill::hls {
namespace {

constexpr http::CorsTerms cors_terms{
    .methods = "OPTIONS, GET", .request_headers = "Authorization, Range", .exposed_headers = "Content-Range"};

/// Of every URI in a playlist: who the client is, and the token that opened the playlist for it.
std::string uri_query(const http::Request& request, const std::string& session) {
    std::string token = token_query(request);
    if (session.empty()) return token;
    return fmt::format("session={}{}{}", session, token.empty() ? "" : "&", token);
}

}  // namespace

HlsSink::HlsSink(Settings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock), cors_(settings_.allow_origins, cors_terms) {}

struct HlsSink::Muxer {
    Muxer(SinkHost& host, const Clock& clock, const Settings& settings,
          const std::shared_ptr<SegmentFiles>& files)
        : presentation(clock, files, settings.variant == Variant::mpegts ? "ts" : "mp4"),
          variants({host, clock, settings, presentation, timeline, files}) {}

    Timeline timeline;
    Presentation presentation;
    std::unique_ptr<Feed> feed;  // after what it fills
    Variants variants;
};

HlsSink::~HlsSink() = default;

Result<> HlsSink::start(SinkHost& host, std::span<const Track> tracks) {
    if (!settings_.directory.empty()) {
        auto files = SegmentFiles::in(settings_.directory, host);
        if (!files) return files.error();
        files_ = std::move(*files);
    }
    host_ = &host;
    tracks_.assign(tracks.begin(), tracks.end());
    if (!settings_.always_remux) return ok();
    return open_muxer();
}

Result<> HlsSink::update(SinkHost& host, std::span<const Track> tracks) {
    host_ = &host;
    tracks_.assign(tracks.begin(), tracks.end());
    if (!muxer_) return ok();
    if (muxer_->feed->update(tracks_)) {
        muxer_->variants.update(tracks_);
        return ok();
    }
    reopen_muxer({Code::not_found, "the tracks of the path changed; load index.m3u8 again"});
    return ok();
}

void HlsSink::stop(const std::string& reason) noexcept {
    close_muxer({Code::not_found, reason});
    tracks_.clear();
    keyframe_interval_ = Nanoseconds(0);
    files_.reset();
    host_ = nullptr;
}

Result<> HlsSink::open_muxer() {
    const bool mpegts = settings_.variant == Variant::mpegts;
    auto muxer = std::make_unique<Muxer>(*host_, clock_, settings_, files_);
    Presentation& presentation = muxer->presentation;
    // Not from inside the feed, which ends with it.
    const auto give_up = [this, muxer = muxer.get()](const Error& error) {
        host_->post([this, muxer, error] {
            if (muxer_.get() == muxer) reopen_muxer(error);
        });
    };
    auto feed =
        mpegts
            ? make_mpegts_feed(*host_, tracks_, settings_, keyframe_interval_, presentation, give_up)
            : make_cmaf_feed(*host_, tracks_, settings_, keyframe_interval_, presentation, muxer->timeline);
    if (!feed) return feed.error();
    muxer->feed = std::move(*feed);
    muxer->variants.update(tracks_);
    muxer_ = std::move(muxer);
    last_request_ = clock_.now();
    counters_->created_us = counters_->last_request_us = utc_now_us();
    second_ = host_->loop().every(std::chrono::seconds(1), [this] { tick(); });
    host_->log().info("created");
    return ok();
}

void HlsSink::close_muxer(const Error& reason) {
    if (!muxer_) return;
    keyframe_interval_ = std::max(keyframe_interval_, muxer_->feed->keyframe_interval());
    second_.cancel();
    muxer_->variants.end(reason);
    muxer_->feed.reset();
    muxer_->presentation.end(reason);
    muxer_.reset();
    counters_->created_us = 0;
    // Their URIs belong to this muxer; and no second passes any more that could end them.
    sessions_.clear();
    host_->log().info("destroyed: {}", reason.message);
}

/// Ends the muxer; where one is wanted at any time, the next begins.
void HlsSink::reopen_muxer(const Error& reason) {
    close_muxer(reason);
    if (!settings_.always_remux) return;
    if (const auto opened = open_muxer(); !opened) host_->failed(opened.error());
}

void HlsSink::tick() {
    const Nanoseconds now = clock_.now();
    sessions_.expire(now);
    if (!muxer_) return;
    muxer_->presentation.tick();
    muxer_->variants.tick();
    if (muxer_->presentation.held() > 0 || muxer_->variants.held()) last_request_ = now;
    if (!settings_.always_remux && now - last_request_ >= settings_.close_after)
        close_muxer({Code::not_found, "nobody asked for it"});
}

void HlsSink::serve(SinkCall call) {
    // std::function needs a copyable capture.
    const auto exchange = std::make_shared<http::Exchange>(std::move(call.exchange));
    answer(exchange->request(), call.rest, std::move(call.reader),
           [exchange](http::Response response) { exchange->respond(std::move(response)); });
}

void HlsSink::answer(const http::Request& request, const std::string& rest, ReaderPtr reader, Reply reply) {
    Reply allowed = [this, origin = std::string(request.header("origin")),
                     reply = std::move(reply)](http::Response response) {
        cors_.apply(origin, response);
        reply(std::move(response));
    };
    if (request.method == "OPTIONS") {
        allowed(cors_.preflight());
    } else if (host_ == nullptr) {
        allowed(http::Response::error({Code::not_found, "the path is not online"}));
    } else if (rest == "index.m3u8" && request.query.contains("window")) {
        // Whoever gives out recordings would have answered it.
        allowed(http::Response::error(
            {Code::not_found, "nobody gives out recordings: hlsRewindWindow needs playback: yes"}));
    } else if (rest == "index.m3u8" && settings_.rewind_window > Nanoseconds(0) &&
               host_->archive() != nullptr) {
        answer_index(request, std::move(reader), std::move(allowed));
    } else {
        answer_get(request, rest, std::move(reader), std::move(allowed));
    }
}

/// Players of a path that may be rewound get the recording, as long as there is one.
void HlsSink::answer_index(const http::Request& request, ReaderPtr reader, Reply reply) {
    const auto found = [this, host = host_, request, reader = std::move(reader),
                        reply = std::move(reply)](const std::optional<std::string>& playlist) {
        host->post([this, request, reader, reply, playlist] {
            if (playlist) return reply(playlist_answer(*playlist));
            answer_get(request, "index.m3u8", reader, reply);
        });
    };
    rewound_playlist(*host_->archive(), host_->path(), settings_.rewind_window,
                     uri_query(request, new_session()), found);
}

std::string HlsSink::begin_session(const ReaderPtr& reader, Nanoseconds now) {
    std::string session = sessions_.add(reader, now);
    reader->on_end([this, session](const std::string& reason) {
        if (host_ != nullptr) host_->log().info("session {} was ended: {}", session.substr(0, 8), reason);
        sessions_.end(session, clock_.now());
    });
    return session;
}

void HlsSink::answer_get(const http::Request& request, const std::string& rest, ReaderPtr reader,
                         Reply reply) {
    const bool index = rest == "index.m3u8";
    if (index && !muxer_) {
        if (const auto opened = open_muxer(); !opened) {
            reply(http::Response::error(opened.error()));
            return;
        }
    }
    if (!muxer_) {
        reply(http::Response::error({Code::not_found, "nobody asked for it of late; load index.m3u8 again"}));
        return;
    }
    const Nanoseconds now = clock_.now();
    last_request_ = now;
    counters_->last_request_us = utc_now_us();
    std::string session;
    if (index && reader) {
        session = begin_session(reader, now);
    } else if (const auto given = request.query.find("session"); given != request.query.end()) {
        if (sessions_.was_ended(given->second, now)) {
            reply(http::Response::error(
                {Code::not_found, "the session was ended by request; load index.m3u8 again"}));
            return;
        }
        reader = sessions_.find(given->second, now);
        if (reader) session = given->second;
    }
    const std::string query = uri_query(request, session);
    const std::string suffix = query.empty() ? "" : "?" + query;
    Reply counted = [reader, counters = counters_, reply = std::move(reply)](http::Response response) {
        const std::uint64_t bytes =
            cmaf::size_of(response.body) + (response.stream ? response.stream->size().value_or(0) : 0);
        counters->sent_bytes += bytes;
        if (reader) reader->bytes_sent += bytes;
        reply(std::move(response));
    };
    if (index) {
        const auto offer = [muxer = muxer_.get()](const Format& lead, double frame_rate) {
            return muxer->variants.offer(lead, frame_rate);
        };
        muxer_->presentation.index(suffix, offer, std::move(counted));
    } else if (!muxer_->variants.serve(rest, request, suffix, muxer_->feed->leader(), counted)) {
        muxer_->presentation.serve(rest, request, suffix, std::move(counted));
    }
}

}  // namespace rill::hls
