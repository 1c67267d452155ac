// The sink: one path's decoder, as long as somebody wants pictures, and what is made of them.
#pragma once

#include "counters.hpp"
#include "decoder.hpp"
#include "distributor.hpp"
#include "snapshots.hpp"

#include <rill/door.hpp>
#include <rill/sink.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rill::frames {

struct Settings {
    RingBounds ring;
    std::size_t client_pictures = 10;  ///< that wait for one client
    std::chrono::milliseconds close_after = std::chrono::seconds(5);
    std::size_t picture_bytes = 256u << 20;  ///< what pictures of one path take, wherever they wait
    std::string shared_socket;               ///< for consumers of shared memory, with %path; empty: none
    Wanted shared;                           ///< what these get; raw
};

/// So many different (format, width, height) are made of one path at a time.
inline constexpr std::size_t most_conversions = 16;

/// What went to a client, and what did not.
struct Traffic {
    std::size_t pictures = 0;
    std::size_t bytes = 0;
    std::size_t dropped = 0;  ///< pictures
};

/// Someone who gets pictures as long as this lives. Threading: any thread.
class Attachment {
  public:
    Attachment(std::shared_ptr<Door> door, std::function<void()> detach, std::shared_ptr<Counters> counters,
               ReaderPtr reader)
        : door_(std::move(door)),
          detach_(std::move(detach)),
          counters_(std::move(counters)),
          reader_(std::move(reader)) {}
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment() { door_->post(std::move(detach_)); }
    /// For the path, and for the reader if there is one.
    void count(const Traffic& traffic) {
        counters_->sent += traffic.pictures;
        counters_->sent_bytes += traffic.bytes;
        counters_->dropped += traffic.dropped;
        if (!reader_) return;
        reader_->bytes_sent += traffic.bytes;
        reader_->units_dropped += traffic.dropped;
    }

  private:
    const std::shared_ptr<Door> door_;
    std::function<void()> detach_;
    const std::shared_ptr<Counters> counters_;
    const ReaderPtr reader_;
};

class SharedMemory;

/// Threading: the path's loop.
class FramesSink final : public Sink {
  public:
    explicit FramesSink(Settings settings) : settings_(std::move(settings)) {}
    ~FramesSink() override;

    Result<> start(SinkHost& host, std::span<const Track> tracks) override;
    Result<> update(SinkHost& host, std::span<const Track> tracks) override;
    void stop(const std::string& reason) noexcept override;
    std::shared_ptr<const SinkCounters> counters() const override { return counters_; }

    /// Whether the decoder is kept for a while when this one leaves.
    enum class Stay { briefly = 1, for_the_next };
    /// Pictures come until the attachment or the path ends. Error: unavailable, with the reason: no pictures
    /// on this path, no decoder, too many conversions.
    Result<std::unique_ptr<Attachment>> attach(const Wanted& wanted, std::shared_ptr<Subscriber> subscriber,
                                               Stay stay, ReaderPtr reader);

    const Settings& settings() const { return settings_; }
    Snapshots& snapshots() { return snapshots_; }
    /// For work that belongs to the sink; null while stopped.
    const std::shared_ptr<Door>& door() const { return door_; }

  private:
    struct Slot {
        ConversionPtr conversion;
        std::size_t users = 0;
    };
    struct Client {
        Wanted wanted;
        std::shared_ptr<Subscriber> subscriber;
    };
    const Track* video() const;
    Result<> share(SinkHost& host);
    Result<ConversionPtr> conversion(const Wanted& wanted);
    void make_room();
    Result<> start_decoder(StartAt start);
    void stop_decoder();
    void tick();
    void decoder_failed(const std::string& reason);
    void restart_decoder();
    void detach(std::uint64_t id);
    void rest();

    const Settings settings_;
    const std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
    Snapshots snapshots_;

    SinkHost* host_ = nullptr;  // null while stopped
    std::string path_;
    std::shared_ptr<Door> door_;
    std::shared_ptr<Distributor> distributor_;
    std::vector<Track> tracks_;
    std::unique_ptr<Decoder> decoder_;
    std::shared_ptr<SharedMemory> shared_;  // null where the settings have none
    Hardware hardware_ = Hardware::preferred;
    std::map<Wanted, Slot> slots_;
    std::map<std::uint64_t, Client> clients_;
    std::uint64_t next_client_ = 1;
    bool stays_ = false;  // somebody has come who may come again
    Timer linger_, retry_, tick_;
};

}  // namespace rill::frames
