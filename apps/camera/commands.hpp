// The commands that make cameras fail on purpose, and those that tell what their clients do.
#pragma once

#include "server.hpp"

#include <functional>
#include <future>

namespace rill::camera {

/// Threading: the main thread; loops for a new size or codec are encoded on a thread of their own.
class Commands {
  public:
    Commands(Server& server, LoopStore& loops) : server_(server), loops_(loops) {}
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;
    ~Commands();

    /// Answers `ok`, `error …` or, to `stats`, one line of JSON. README.md lists the commands.
    void execute(std::string_view line, std::function<void(std::string)> answer);

  private:
    using Answer = std::function<void(std::string)>;
    Result<> execute_now(const std::vector<std::string>& words);
    Result<> execute_for(Camera& camera, const std::vector<std::string>& words);
    void change_video(Camera& camera, const std::vector<std::string>& words, Answer answer);
    void encode_then(const VideoSpec& video, std::function<void(Result<LoopRef>)> done);
    std::string stats() const;

    Server& server_;
    LoopStore& loops_;
    std::vector<std::future<void>> encodings_;
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true);  ///< for what still waits on the main context
};

}  // namespace rill::camera
