// Raw pictures for programs on this machine, in memory that both sides see.
#pragma once

#include "client.hpp"
#include "local_socket.hpp"
#include "shared_area.hpp"
#include "shared_consumer.hpp"
#include "subscriber.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rill::frames {

/// Speaks to GStreamer's shmsrc as its shmsink does, whose place it takes because that one blocks when a
/// consumer keeps what it got, ends with one that comes and goes at once, and aborts the process when one
/// gives back a buffer twice (1.22 to 1.26, sys/shm/shmpipe.c).
///
/// The first consumer starts the pictures and the last one ends them. Each has a share of the slots: who
/// holds as many gets no more until it gives one back. Who does not for a while, or breaks the rules, is
/// closed.
///
/// Threading: made, started and stopped on the path's loop, where consumers are heard, too; otherwise as
/// Subscriber.
class SharedMemory final : public Subscriber, public std::enable_shared_from_this<SharedMemory> {
  public:
    struct Given {
        std::string socket;  ///< path in the file system
        Log log;
        Loop* loop;
        /// Makes this a subscriber.
        std::function<Result<std::unique_ptr<Attachment>>()> attach;
        std::chrono::milliseconds patience = client_patience;  ///< with who gives nothing back
    };
    /// As large as an area becomes, with room for four pictures at least. Only what is needed is taken.
    static constexpr std::size_t most_bytes = 256u << 20;
    static constexpr std::size_t most_consumers = 12;

    explicit SharedMemory(Given given);
    ~SharedMemory() override;
    /// Errors: those of LocalSocket.
    Result<> start();
    /// Closes all consumers and takes the socket away.
    void stop();

    bool wants(const Stamp&) override { return count_ > 0; }
    void deliver(const PicturePtr& picture) override;
    void tick() override;
    void close(const Error&) override {}

  private:
    using Consumers = std::map<int, std::unique_ptr<SharedConsumer>>;  // by descriptor
    void listen();
    void accept();
    void read(int descriptor);
    void remove(int descriptor);
    void say(const std::string& why);
    std::shared_ptr<SharedArea> area_for(const Picture& picture);
    std::optional<std::size_t> free_slot(const SharedArea& area) const;
    void pass_over(const std::string& why = {});
    std::size_t most_held() const;
    void announce(const SharedArea& area, std::size_t slot);

    const Given given_;
    const std::string area_prefix_;
    // The loop's.
    std::unique_ptr<LocalSocket> socket_;
    Timer heard_;

    std::atomic<std::size_t> count_{0};  // of consumers
    std::mutex mutex_;
    // Locked: mutex_.
    Consumers consumers_;
    Size size_;                               // of the pictures in area_
    std::shared_ptr<SharedArea> area_;        // none before the first picture
    std::shared_ptr<Attachment> attachment_;  // while there are consumers
    bool said_why_ = false;                   // since a picture went out
};

/// How the names of the shared memory behind a socket begin: the next process finds, and removes, what one
/// left behind.
std::string area_prefix(const std::string& socket);

}  // namespace rill::frames
