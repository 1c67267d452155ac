// What a path shows while its camera is away (alwaysAvailable).
#pragma once

#include "backoff.hpp"
#include "ingest.hpp"

#include <functional>
#include <memory>

namespace rill {

/// Fills the path's stream from a source of its own, from begin() to end(); a source that fails is begun
/// again after a back-off.
///
/// Threading: the path's loop.
class StandIn : public std::enable_shared_from_this<StandIn> {
  public:
    struct Given {
        std::unique_ptr<Source> source;
        std::shared_ptr<Stream> stream;
        Loop* loop;  ///< outlives it
        Log log;
        std::function<void()> fills;  ///< all its tracks have brought a unit
        std::function<void()> gone;   ///< after end(): its pipeline has ended
    };
    explicit StandIn(Given given);
    ~StandIn();

    /// One that runs already goes on.
    void begin();
    void end();
    /// Whether no pipeline of it is left.
    bool is_gone() const { return !ingest_ && disposing_ == 0; }

  private:
    void run();
    void failed(const Error& error);
    void close();

    const Given given_;
    Backoff backoff_;
    std::shared_ptr<Ingest> ingest_;
    Timer retry_;
    bool wanted_ = false;
    bool filled_ = false;        // by this ingest
    std::size_t disposing_ = 0;  // ingests on their way to NULL
};

}  // namespace rill
