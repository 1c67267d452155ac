// The sink: the sessions of one path.
#pragma once

#include "ice/local_ports.hpp"
#include "session.hpp"
#include "session_directory.hpp"
#include "settings.hpp"
#include "wanted.hpp"

#include <rill/sink.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rill::webrtc {

/// Threading: the path's loop.
class WebrtcSink final : public Sink {
  public:
    /// Its sessions are entered into the directory, if there is one.
    WebrtcSink(Settings settings, TransportFactory make_transport,
               std::shared_ptr<SessionDirectory> directory = nullptr);
    ~WebrtcSink() override;

    Result<> start(SinkHost& host, std::span<const Track> tracks) override;
    Result<> update(SinkHost& host, std::span<const Track> tracks) override;
    void stop(const std::string& reason) noexcept override;
    void serve(SinkCall call) override;

    /// Begins a session, live or with what was recorded; its answer comes through the events. Error:
    /// invalid_config for a broken offer, not_acceptable without a common codec, or when what was recorded
    /// would have to be made into another form, too_many and unavailable as SinkHost::render(), unavailable
    /// when stopped, or when neither a track nor a format is known; without tracks, what `recorded` has for
    /// an error. Then no event comes.
    Result<std::shared_ptr<Session>> open(std::string_view offer, ReaderPtr reader, SessionEvents events,
                                          const Wanted& wanted = {});
    /// Null: there is no such session.
    std::shared_ptr<Session> find(const std::string& secret) const;

    const Settings& settings() const { return settings_; }
    std::size_t session_count() const { return sessions_.size(); }

  private:
    std::vector<Track> tracks_for(const std::optional<Recorded>& recorded) const;
    std::shared_ptr<Fanout> fanout_of(const Track& track);
    Result<Selection> select(const Offer& offer, std::span<const Track> tracks, int max_height);
    void set_out_of_order(std::size_t index);
    std::uint32_t ssrc_of(const Track& track);
    void forget(Session& session);

    const Settings settings_;
    const TransportFactory make_transport_;
    const std::shared_ptr<SessionDirectory> directory_;

    ice::LocalPorts ports_;       // from the first start on
    std::shared_ptr<void> warm_;  // as well
    SinkHost* host_ = nullptr;    // null while stopped
    std::shared_ptr<Door> door_;
    std::vector<Track> tracks_;  // none: the path has not been online
    using FanoutKey = std::pair<std::size_t, std::optional<Rendition>>;
    std::map<FanoutKey, std::weak_ptr<Fanout>> fanouts_;  // live as long as a session uses them
    std::set<std::size_t> out_of_order_;                  // tracks by index: Fanout::is_out_of_order
    // By track, or by its place in a recording. Kept for good: webrtcbin makes a name of each SSRC, and GLib
    // never frees names.
    std::map<std::size_t, std::uint32_t> ssrcs_;
    std::map<std::string, std::shared_ptr<Session>> sessions_;  // by secret
};

}  // namespace rill::webrtc
