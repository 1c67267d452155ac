// What a playlist of a whole day costs. Not a test: it prints, and judges nothing.
//
//   listing-bench FOLDER [SECONDS]      makes FOLDER/index.rill.db with a day of files of so many seconds
//   (10), in parts of one
#include "index.hpp"
#include "listing.hpp"
#include "measure.hpp"
#include "playlist_source.hpp"
#include "storage_view.hpp"

#include <rill/loop.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

using namespace rill;
using bench::need;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t first_us = 1'767'225'600 * second_us;  // 2026-01-01
constexpr std::int64_t day_s = 86'400;
constexpr TimeRange day{first_us, first_us + day_s* second_us};
const std::string path = "cam";

/// An index and nothing else, looked into on a thread of its own, as a storage has one.
class IndexArchive final : public Archive {
  public:
    explicit IndexArchive(record::Index index) : index_(std::move(index)) {}

    void read(const std::string& asked, std::function<void(ArchiveView&)> look) override {
        loop_.post([this, asked, look = std::move(look)] {
            record::StorageView view(&index_, root_, asked, nullptr);
            look(view);
        });
    }
    Result<std::unique_ptr<ArchiveWriter>> write(const std::string&, std::function<void(Error)>) override {
        return Error{Code::unavailable, "nothing is written"};
    }
    void paths(std::function<void(Result<std::vector<RecordedPath>>)>) override {}
    void erase(const std::string&, TimeRange, std::function<void(Result<std::uint64_t>)>) override {}
    void lock(const std::string&, TimeRange, bool, std::function<void(Result<std::uint64_t>)>) override {}
    std::vector<StorageStatus> storages() const override { return {}; }
    Result<> configure(std::span<const ArchivePath>, const Options&) override { return ok(); }
    bool close(std::chrono::milliseconds) override { return true; }

  private:
    record::Index index_;
    const std::filesystem::path root_ = "/nowhere";
    Loop loop_{"archive"};  // last: its work uses the others
};

void fill(record::Index& index, std::int64_t file_s) {
    std::vector<record::Segment> segments;
    for (std::int64_t at = 0; at < day_s; at += file_s) {
        record::Segment segment;
        segment.path = path;
        segment.start_us = first_us + at * second_us;
        segment.end_us = segment.start_us + file_s * second_us;
        segment.file = fmt::format("{}/{}.mp4", path, at);
        segment.init_bytes = 1320;
        segment.chain = 1;
        segment.codecs = "avc1.64001f,mp4a.40.2";
        for (std::int64_t part = 0; part < file_s; ++part) {
            segment.parts.push_back(
                {second_us, static_cast<std::uint32_t>(250'000 + at % 1000), part % 2 == 0});
            segment.bytes += segment.parts.back().bytes;
        }
        segments.push_back(std::move(segment));
    }
    need(index.add(segments));
}

double since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void measure(Archive& archive, bool compressed) {
    const auto start = Clock::now();
    std::promise<playback::Listed> listed;
    playback::make_listing(archive, path, day, day.end_us + day_s * second_us,
                           [&](playback::Listed result) { listed.set_value(std::move(result)); });
    auto result = listed.get_future().get();
    const auto listing = need(std::move(result.listing));
    const double planned = since(start);
    double first = 0;
    std::uint64_t bytes = 0;
    playback::PlaylistSource source(archive, listing, playback::Links{playback::recorded_folder}, compressed);
    while (true) {
        std::promise<Result<http::BodySource::Piece>> piece;
        source.read(bytes, 262'144, [&](auto read) { piece.set_value(std::move(read)); });
        const auto got = need(piece.get_future().get());
        if (first == 0) first = since(start);
        if (got.empty()) break;
        for (const auto& chunk : got)
            bytes += g_bytes_get_size(chunk.get());
    }
    fmt::print(
        "{} segments of {} files{}: listed after {:.1f} ms, first byte {:.1f} ms, all {} bytes {:.1f} ms\n",
        listing->slices.size(), listing->files.size(), compressed ? ", gzip" : "", planned, first, bytes,
        since(start));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: listing-bench FOLDER [SECONDS]\n");
        return 2;
    }
    const std::filesystem::path file = std::filesystem::path(argv[1]) / record::Index::file_name;
    {
        auto opened = need(record::Index::open(file));
        fill(opened.index, argc > 2 ? std::atoll(argv[2]) : 10);
    }
    IndexArchive archive(need(record::Index::open_to_read(file)));
    for (int turn = 0; turn < 3; ++turn) {
        measure(archive, false);
        measure(archive, true);
    }
    return 0;
}
