// Who gets a picture when, with a decoder that the test steers.
#include "await.hpp"
#include "desk.hpp"
#include "testing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <future>
#include <mutex>
#include <unistd.h>

using namespace rill;
using namespace rill::preview;
using namespace rill::preview::testing;

namespace {

/// What the test and the desk's thread share.
class Kitchen {
  public:
    explicit Kitchen(std::uint64_t cache_bytes = 1 << 20, std::chrono::milliseconds disk = test::patience()) {
        archive_.add("cam1", recording("short").path(), ten_us, 1);
        const auto make = [this](Loop& loop) {
            loop_ = &loop;
            return std::make_unique<Maker>(*this);
        };
        desk_ = std::make_unique<Desk>(archive_, cache_bytes, make, disk);
    }
    ~Kitchen() { desk_.reset(); }

    /// Asks for the picture of one keyframe, of which there is one every 320 ms.
    std::shared_ptr<std::atomic<bool>> ask(int keyframe, const std::string& name, double later = 0.1) {
        Ask ask;
        ask.wanted.path = "cam1";
        ask.wanted.time_us = at_us(0.32 * keyframe + later);
        const auto client = std::make_shared<const std::string>(name);
        clients_.push_back(client);
        ask.done = [this, client](const Outcome& outcome) {
            const std::lock_guard lock(mutex_);
            answers_.push_back(*client + (outcome.picture ? "" : "!"));
            last_ = outcome;
        };
        auto gone = ask.gone;
        desk_->ask(std::move(ask));
        return gone;
    }
    /// Waits until what was asked before has been looked for, and what follows from that. After the first
    /// picture is under way.
    void settle() {
        pass([this](auto work) { loop_->post(work); });
        finish_reading();
        pass([this](auto work) { loop_->post(work); });
    }
    /// Waits until the archive has done what it was asked before.
    void finish_reading() {
        pass([this](auto work) { archive_.read("cam1", [work](ArchiveView&) { work(); }); });
    }
    /// Ends the picture under way.
    void serve(const Result<Ref<GBytes>>& jpeg = Ref<GBytes>::adopt(g_bytes_new("jpeg", 4))) {
        PictureMaker::Done done;
        REQUIRE(test::await([&] {
            const std::lock_guard lock(mutex_);
            done = std::exchange(done_, nullptr);
            return done != nullptr;
        }));
        loop_->post([done, jpeg] { done(jpeg); });
    }
    bool answered(std::size_t count) {
        return test::await([&] { return answers().size() >= count; });
    }
    std::vector<std::string> answers() {
        const std::lock_guard lock(mutex_);
        return answers_;
    }
    Outcome last() {
        const std::lock_guard lock(mutex_);
        return *last_;
    }
    int decoded() {
        const std::lock_guard lock(mutex_);
        return decoded_;
    }
    bool is_decoding() {
        return test::await([&] {
            const std::lock_guard lock(mutex_);
            return done_ != nullptr;
        });
    }
    /// Whether nothing holds on to a client any more, whose connection it would keep.
    bool has_let_go() {
        return std::ranges::all_of(clients_, [](const auto& client) { return client.expired(); });
    }
    void lose_desk() { desk_.reset(); }
    test::MemoryArchive& archive() { return archive_; }

  private:
    template <class Post>
    static void pass(const Post& post) {
        std::promise<void> passed;
        post([&] { passed.set_value(); });
        passed.get_future().get();
    }

    class Maker final : public PictureMaker {
      public:
        explicit Maker(Kitchen& kitchen) : kitchen_(kitchen) {}
        void decode(const EncodedPicture&, Done done) override {
            const std::lock_guard lock(kitchen_.mutex_);
            ++kitchen_.decoded_;
            kitchen_.done_ = std::move(done);
        }
        void rest() override {}

      private:
        Kitchen& kitchen_;
    };

    test::MemoryArchive archive_;
    std::vector<std::weak_ptr<const std::string>> clients_;  // the test's thread
    std::mutex mutex_;
    // Locked: mutex_.
    std::vector<std::string> answers_;
    std::optional<Outcome> last_;
    PictureMaker::Done done_;
    int decoded_ = 0;

    Loop* loop_ = nullptr;  // set before the first decode
    std::unique_ptr<Desk> desk_;
};

using Names = std::vector<std::string>;

/// A disk that works is quicker, also on a busy machine.
constexpr std::chrono::milliseconds short_patience{500};

/// The archive's only thread waits as long as this lives.
class HangingDisk {
  public:
    explicit HangingDisk(test::MemoryArchive& archive) {
        archive.read("cam1", [state = state_](ArchiveView&) {
            state->hangs = true;
            test::await([&] { return state->freed.load(); });
        });
        CHECK(test::await([this] { return state_->hangs.load(); }));
    }
    HangingDisk(const HangingDisk&) = delete;
    HangingDisk& operator=(const HangingDisk&) = delete;
    ~HangingDisk() { state_->freed = true; }

  private:
    struct State {
        std::atomic<bool> hangs = false, freed = false;
    };
    const std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A file whose readers wait until it is let go: who opens it breaks a lease, which the holder must agree to.
class HeldFile {
  public:
    explicit HeldFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        // The lease's end is a signal: one that nobody minds.
        ::fcntl(descriptor_, F_SETSIG, SIGURG);
        REQUIRE(::fcntl(descriptor_, F_SETLEASE, F_WRLCK) == 0);
    }
    HeldFile(const HeldFile&) = delete;
    HeldFile& operator=(const HeldFile&) = delete;
    ~HeldFile() { ::close(descriptor_); }
    bool is_touched() const { return ::fcntl(descriptor_, F_GETLEASE) != F_WRLCK; }
    bool is_waited_for() const {
        return test::await([this] { return is_touched(); });
    }
    void let_go() const { ::fcntl(descriptor_, F_SETLEASE, F_UNLCK); }

  private:
    const int descriptor_;
};

/// A recording that can be held, a hundred seconds later than the other one.
class OwnRecording {
  public:
    explicit OwnRecording(Kitchen& kitchen) {
        file_.write(recorded_bytes("short"));
        kitchen.archive().add("cam1", file_.path(), at_us(later), 2);
    }
    static constexpr double later = 100;
    const std::string& path() const { return file_.path(); }

  private:
    test::TemporaryFile file_;
};

}  // namespace

TEST_CASE("who asks for the same picture at the same time gets the one that is made") {
    Kitchen kitchen;
    for (int i = 0; i < 10; ++i)
        kitchen.ask(3, fmt::format("{}", i), 0.01 * i);
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(3, "late");
    kitchen.settle();
    kitchen.serve();
    REQUIRE(kitchen.answered(11));
    CHECK(kitchen.decoded() == 1);
    // And again from the cache.
    kitchen.ask(3, "again");
    REQUIRE(kitchen.answered(12));
    CHECK(kitchen.decoded() == 1);
    CHECK(kitchen.last().picture);
}

TEST_CASE("the newest request is next") {
    Kitchen kitchen;
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    for (int i = 1; i <= 4; ++i)
        kitchen.ask(i, fmt::format("{}", static_cast<char>('a' + i)));
    kitchen.settle();
    for (std::size_t i = 1; i <= 5; ++i) {
        kitchen.serve();
        REQUIRE(kitchen.answered(i));
    }
    CHECK(kitchen.answers() == Names{"a", "e", "d", "c", "b"});
}

TEST_CASE("a request too many takes the place of the oldest") {
    Kitchen kitchen;
    kitchen.ask(0, "in hand");
    REQUIRE(kitchen.is_decoding());
    for (std::size_t i = 1; i < most_waiting; ++i)
        kitchen.ask(1 + static_cast<int>(i % 8), fmt::format("{}", i));
    kitchen.settle();
    CHECK(kitchen.answers().empty());
    kitchen.ask(2, "new");
    REQUIRE(kitchen.answered(1));
    CHECK(kitchen.answers() == Names{"1!"});
    CHECK(kitchen.last().picture.error().code == Code::unavailable);
    kitchen.serve();
    REQUIRE(kitchen.answered(2));
    CHECK(kitchen.answers()[1] == "in hand");
}

TEST_CASE("who has gone away is not decoded for, and keeps no place") {
    Kitchen kitchen;
    kitchen.ask(0, "in hand");
    REQUIRE(kitchen.is_decoding());
    std::vector<std::shared_ptr<std::atomic<bool>>> gone;
    for (std::size_t i = 1; i < most_waiting; ++i)
        gone.push_back(kitchen.ask(1 + static_cast<int>(i % 7), fmt::format("{}", i)));
    kitchen.settle();
    for (const auto& one : gone)
        *one = true;
    for (int i = 0; i < 5; ++i)
        kitchen.ask(8, fmt::format("new {}", i));
    kitchen.settle();
    kitchen.serve();
    REQUIRE(kitchen.answered(1));
    kitchen.serve();
    REQUIRE(kitchen.answered(6));
    const auto answers = kitchen.answers();
    CHECK(std::ranges::count_if(answers, [](const auto& name) { return name.ends_with('!'); }) == 0);
    CHECK(kitchen.decoded() == 2);
}

TEST_CASE("a picture that fails is an error for all who wait for it, and not kept") {
    Kitchen kitchen;
    kitchen.ask(1, "a");
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(1, "b");
    kitchen.ask(2, "c");
    kitchen.settle();
    kitchen.serve(Error{Code::internal, "damaged"});
    REQUIRE(kitchen.answered(2));
    kitchen.serve();
    REQUIRE(kitchen.answered(3));
    CHECK(kitchen.answers() == Names{"a!", "b!", "c"});
    kitchen.ask(1, "a");
    kitchen.serve();
    REQUIRE(kitchen.answered(4));
    CHECK(kitchen.answers().back() == "a");
}

TEST_CASE("without a cache a picture is made each time") {
    Kitchen kitchen(0);
    for (std::size_t i = 1; i <= 3; ++i) {
        kitchen.ask(1, "a");
        kitchen.serve();
        REQUIRE(kitchen.answered(i));
    }
    CHECK(kitchen.decoded() == 3);
}

TEST_CASE("who still waits at the end is told") {
    Kitchen kitchen;
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(1, "b");
    kitchen.settle();
    kitchen.lose_desk();
    CHECK(kitchen.answers() == Names{"a!", "b!"});
    CHECK(kitchen.last().picture.error().code == Code::unavailable);
}

TEST_CASE("a desk may go while the archive looks for it") {
    for (int round = 0; round < 50; ++round) {
        Kitchen kitchen;
        for (int i = 0; i < 5; ++i)
            kitchen.ask(i, "a");
        kitchen.lose_desk();
        CHECK(kitchen.answers().size() == 5);
    }
}

TEST_CASE("a desk goes while the archive looks into a file") {
    Kitchen kitchen;
    const OwnRecording recording(kitchen);
    const HeldFile held(recording.path());
    kitchen.ask(0, "a", OwnRecording::later);
    REQUIRE(held.is_waited_for());
    kitchen.lose_desk();
    CHECK(kitchen.answers() == Names{"a!"});
    held.let_go();
    kitchen.finish_reading();
    CHECK(kitchen.answers() == Names{"a!"});
}

TEST_CASE("a desk goes while the archive reads a keyframe") {
    Kitchen kitchen;
    const OwnRecording recording(kitchen);
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(1, "b", OwnRecording::later);
    kitchen.settle();
    const HeldFile held(recording.path());
    kitchen.serve();
    REQUIRE(held.is_waited_for());
    kitchen.lose_desk();
    CHECK(kitchen.answers() == Names{"a", "b!"});
    held.let_go();
    kitchen.finish_reading();
    CHECK(kitchen.answers() == Names{"a", "b!"});
    CHECK(kitchen.decoded() == 1);
}

TEST_CASE("a disk that hangs holds up what is on it only") {
    Kitchen kitchen;
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    {
        const HangingDisk disk(kitchen.archive());
        kitchen.ask(1, "b");
        kitchen.serve();
        REQUIRE(kitchen.answered(1));
        CHECK(kitchen.answers() == Names{"a"});
    }
    kitchen.serve();
    REQUIRE(kitchen.answered(2));
}

TEST_CASE("a keyframe that the disk does not find is given up") {
    Kitchen kitchen(1 << 20, short_patience);
    {
        const HangingDisk disk(kitchen.archive());
        kitchen.ask(0, "a");
        const auto leaving = kitchen.ask(1, "b");
        *leaving = true;
        REQUIRE(kitchen.answered(1));
        CHECK(kitchen.answers() == Names{"a!"});
        CHECK(kitchen.last().picture.error().code == Code::timeout);
        // Before the disk goes on.
        CHECK(test::await([&] { return kitchen.has_let_go(); }, 10 * short_patience));
    }
    kitchen.finish_reading();
    kitchen.ask(2, "c");
    kitchen.serve();
    REQUIRE(kitchen.answered(2));
    CHECK(kitchen.answers().back() == "c");
    CHECK(kitchen.decoded() == 1);
}

TEST_CASE("who had to make room is let go while the disk hangs") {
    Kitchen kitchen;
    const HangingDisk disk(kitchen.archive());
    for (std::size_t i = 0; i < 2 * most_waiting; ++i)
        kitchen.ask(1, "a");
    CHECK(kitchen.answered(most_waiting));
    kitchen.lose_desk();
    CHECK(kitchen.answers().size() == 2 * most_waiting);
    CHECK(kitchen.has_let_go());
}

TEST_CASE("a keyframe that the disk does not give is given up") {
    Kitchen kitchen(1 << 20, short_patience);
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(1, "b");
    kitchen.settle();
    {
        const HangingDisk disk(kitchen.archive());
        kitchen.serve();
        REQUIRE(kitchen.answered(2));
        CHECK(kitchen.answers() == Names{"a", "b!"});
        CHECK(kitchen.last().picture.error().code == Code::timeout);
    }
    kitchen.ask(2, "c");
    kitchen.serve();
    REQUIRE(kitchen.answered(3));
    CHECK(kitchen.answers().back() == "c");
}

TEST_CASE("what was given up is not read when the disk goes on") {
    Kitchen kitchen(1 << 20, short_patience);
    const OwnRecording recording(kitchen);
    kitchen.ask(0, "a");
    REQUIRE(kitchen.is_decoding());
    kitchen.ask(1, "b", OwnRecording::later);
    kitchen.settle();
    const HeldFile held(recording.path());
    {
        const HangingDisk disk(kitchen.archive());
        kitchen.serve();
        REQUIRE(kitchen.answered(2));
    }
    kitchen.finish_reading();
    CHECK_FALSE(held.is_touched());
}
