#include "frames_sink.hpp"

#include "shared_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace rill::frames {

namespace {

constexpr std::chrono::milliseconds tick_interval{250};
/// A stream that breaks its decoder at once would keep a processor busy with new ones.
constexpr std::chrono::seconds retry_after{1};

}  // namespace

FramesSink::~FramesSink() {
    stop("the path is gone");
}

Result<> FramesSink::start(SinkHost& host, std::span<const Track> tracks) {
    path_ = host.path();
    if (auto shared = share(host); !shared) return shared.error();
    host_ = &host;
    door_ = std::make_shared<Door>([&host](std::function<void()> work) { host.post(std::move(work)); });
    distributor_ =
        std::make_shared<Distributor>(settings_.ring, settings_.picture_bytes, counters_, host.log());
    tracks_.assign(tracks.begin(), tracks.end());
    return ok();
}

Result<> FramesSink::share(SinkHost& host) {
    if (settings_.shared_socket.empty()) return ok();
    std::string socket = settings_.shared_socket;
    constexpr std::string_view variable = "%path";
    if (const auto at = socket.find(variable); at != std::string::npos)
        socket.replace(at, variable.size(), path_);
    const auto attach_shared = [this] {
        return attach(settings_.shared, shared_, Stay::for_the_next, nullptr);
    };
    auto shared = std::make_shared<SharedMemory>(SharedMemory::Given{
        .socket = std::move(socket), .log = host.log(), .loop = &host.loop(), .attach = attach_shared});
    if (auto started = shared->start(); !started) return started.error();
    shared_ = std::move(shared);
    return ok();
}

Result<> FramesSink::update(SinkHost&, std::span<const Track> tracks) {
    tracks_.assign(tracks.begin(), tracks.end());
    hardware_ = Hardware::preferred;
    retry_.cancel();
    decoder_.reset();
    // Who waits goes on waiting where the camera has lost its pictures or sends what nothing decodes.
    if (!clients_.empty()) restart_decoder();
    return ok();
}

void FramesSink::stop(const std::string& reason) noexcept {
    if (host_ == nullptr) return;
    if (shared_) shared_->stop();
    shared_.reset();
    door_->close();
    linger_.cancel();
    tick_.cancel();
    stop_decoder();
    clients_.clear();
    counters_->clients = 0;
    distributor_->close({Code::not_found, reason});
    distributor_.reset();
    snapshots_.clear();
    host_ = nullptr;
}

Result<std::unique_ptr<Attachment>> FramesSink::attach(const Wanted& wanted,
                                                       std::shared_ptr<Subscriber> subscriber, Stay stay,
                                                       ReaderPtr reader) {
    if (host_ == nullptr) return Error{Code::unavailable, "the path is not online"};
    if (video() == nullptr)
        return Error{Code::unavailable, fmt::format("path '{}' has no pictures, only sound", path_)};
    if (!decoder_ && !retry_.active()) {
        if (auto started = start_decoder(StartAt::cached_keyframe); !started) return started.error();
    }
    linger_.cancel();
    stays_ = stays_ || stay == Stay::for_the_next;
    auto made = conversion(wanted);
    if (!made) {
        if (clients_.empty()) rest();
        return made.error();
    }
    const std::uint64_t id = next_client_++;
    clients_.emplace(id, Client{wanted, subscriber});
    ++slots_.at(wanted).users;
    ++counters_->clients;
    distributor_->add(*made, std::move(subscriber));
    if (!tick_.active()) tick_ = host_->loop().every(tick_interval, [this] { tick(); });
    return std::make_unique<Attachment>(
        door_, [this, id] { detach(id); }, counters_, std::move(reader));
}

Result<ConversionPtr> FramesSink::conversion(const Wanted& wanted) {
    const auto found = slots_.find(wanted);
    if (found != slots_.end()) return found->second.conversion;
    make_room();
    if (slots_.size() >= most_conversions) {
        return Error{
            Code::unavailable,
            fmt::format("the pictures of '{}' are made in {} different forms already; ask for one of "
                        "those, or later",
                        path_, most_conversions)};
    }
    auto made = std::make_shared<Conversion>();
    made->wanted = wanted;
    if (!is_raw(wanted.format)) {
        auto encoder = ImageEncoder::create(host_->loop(), wanted.format);
        if (!encoder) return encoder.error();
        made->encoder = *std::move(encoder);
    }
    slots_.emplace(wanted, Slot{made, 0});
    counters_->conversions = slots_.size();
    return made;
}

/// Conversions that nobody uses now are kept for who asks again, until others need their place.
void FramesSink::make_room() {
    if (slots_.size() < most_conversions) return;
    const auto idle = std::ranges::find_if(slots_, [](const auto& slot) { return slot.second.users == 0; });
    if (idle != slots_.end()) slots_.erase(idle);
}

void FramesSink::detach(std::uint64_t id) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) return;
    Slot& slot = slots_.at(found->second.wanted);
    --slot.users;
    distributor_->remove(slot.conversion, found->second.subscriber);
    clients_.erase(found);
    --counters_->clients;
    if (clients_.empty()) rest();
}

void FramesSink::rest() {
    tick_.cancel();
    if (!stays_) return stop_decoder();
    linger_ = host_->loop().after(settings_.close_after, [this] { stop_decoder(); });
}

const Track* FramesSink::video() const {
    const auto found =
        std::ranges::find(tracks_, Kind::video, [](const Track& track) { return track.format->kind; });
    return found == tracks_.end() ? nullptr : &*found;
}

Result<> FramesSink::start_decoder(StartAt start) {
    Decoder::Events events;
    events.picture = [distributor = distributor_, id = distributor_->begin()](
                         Ref<GstBuffer> buffer, const GstVideoInfo& info, std::int64_t utc_us,
                         Nanoseconds running) {
        distributor->push(id, std::move(buffer), info, utc_us, running);
    };
    events.failed = [this](const std::string& reason) { decoder_failed(reason); };
    auto made = Decoder::create(*host_, *video(), start, hardware_, counters_, std::move(events));
    if (!made) return made.error();
    decoder_ = *std::move(made);
    counters_->set_decoder(decoder_->name());
    host_->log().debug("decoding with {}", decoder_->name());
    return ok();
}

void FramesSink::stop_decoder() {
    retry_.cancel();
    stays_ = false;
    slots_.clear();
    counters_->conversions = 0;
    decoder_.reset();
    counters_->set_decoder("");
    distributor_->forget();
}

void FramesSink::tick() {
    distributor_->tick();
    if (!decoder_ || !decoder_->is_stalled()) return;
    decoder_failed(fmt::format("{} makes no picture of what the camera sends", decoder_->name()));
}

/// Not from the cache again, which has what broke it.
void FramesSink::decoder_failed(const std::string& reason) {
    ++counters_->errors;
    host_->log().warning("the decoder failed: {}; going on at a keyframe", reason);
    decoder_.reset();
    // A device may be gone, or have no session left.
    hardware_ = Hardware::avoided;
    retry_ = host_->loop().after(retry_after, [this] { restart_decoder(); });
}

void FramesSink::restart_decoder() {
    if (video() == nullptr) return;
    host_->request_keyframe(*video());
    const auto started = start_decoder(StartAt::live);
    if (!started) host_->log().warning("no pictures: {}", started.error().message);
}

}  // namespace rill::frames
