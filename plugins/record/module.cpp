// The module `record`: its options, and the archive beside it.
#include "archive.hpp"
#include "record_sink.hpp"

#include <rill/module.hpp>

#include <array>

namespace rill::record {

namespace {

constexpr std::array<std::string_view, 3> formats = {"fmp4", "mpegts", "mkv"};

constexpr std::array options = {
    Option{
        .name = "path",
        .fallback = "./recordings/%path/%Y-%m-%d_%H-%M-%S-%f",
        .doc =
            "Where files lie. %path is the path's name; %Y %m %d %H %M %S are local time, %f microseconds, "
            "%s seconds since 1970, %z the offset. Until the first % it is the storage's root, with the "
            "index."},
    Option{.name = "format",
           .type = Type::choice,
           .fallback = "fmp4",
           .doc = "fmp4: fragmented MP4, which is played by time. mpegts and mkv are for other programs: "
                  "neither /get nor HLS nor a rewind gives them out.",
           .choices = formats},
    Option{.name = "partDuration",
           .type = Type::duration,
           .fallback = "1s",
           .doc = "What is written at once, and what a crash loses at most.",
           .minimum = 100,
           .maximum = 10'000},
    Option{.name = "maxPartSize",
           .type = Type::size,
           .fallback = "50M",
           .doc = "A part ends before it is larger than this.",
           .minimum = 65'536,
           .maximum = 1'000'000'000},
    Option{.name = "segmentDuration",
           .type = Type::duration,
           .fallback = "1h",
           .doc = "Least duration of a file, which then goes on until the next keyframe.",
           .minimum = 1'000,
           .maximum = 86'400'000},
    Option{.name = "preRoll",
           .type = Type::duration,
           .fallback = "0s",
           .doc = "What is kept in memory while record is no, and is the beginning of what is recorded on "
                  "request. 0s: what the GOP cache holds.",
           .minimum = 0,
           .maximum = 600'000},
    Option{.name = "preRollSize",
           .type = Type::size,
           .fallback = "64M",
           .doc = "The memory for that, per path; the oldest goes first.",
           .minimum = 65'536,
           .maximum = std::int64_t{4} << 30},
    Option{.name = "deleteAfter",
           .type = Type::duration,
           .fallback = "1d",
           .doc = "Files are deleted so long after their end; 0 is never.",
           .minimum = 0},
    Option{.name = "maxSize",
           .type = Type::size,
           .fallback = "0",
           .doc = "What a path may take; the oldest files go. 0 is any size.",
           .minimum = 0},
    Option{.name = "storageMaxSize",
           .type = Type::size,
           .fallback = "0",
           .doc =
               "What all paths with the same root may take; the oldest files go, of whichever path. 0 is any "
               "size.",
           .minimum = 0},
    Option{.name = "minFree",
           .type = Type::size,
           .fallback = "200M",
           .doc = "Space to be left on the root's disk; the oldest files go, of whichever path.",
           .minimum = 0},
};

Result<std::unique_ptr<Sink>> create(const Options& options) {
    auto settings = Settings::from(options);
    if (!settings) return settings.error();
    return std::unique_ptr<Sink>(std::make_unique<RecordSink>(*std::move(settings)));
}

constexpr std::array sinks = {SinkFactory{.id = "record",
                                          .summary = "records to files, found by time",
                                          .enabled = false,
                                          .switchable = true,
                                          .options = options,
                                          .routes = {},
                                          .create = create}};

constexpr ArchiveFactory archive = {
    .id = "record", .summary = "files and an SQLite index in each root", .create = DiskArchive::create};

constexpr Module module = {.name = "record", .version = RILL_VERSION, .sinks = sinks, .archive = &archive};

}  // namespace

}  // namespace rill::record

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &rill::record::module;
}
