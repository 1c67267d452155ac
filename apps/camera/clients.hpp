// The RTSP connections: what each one watches, when it was last heard of, and the faults that act on
// connections.
#pragma once

#include "camera.hpp"

#include <functional>

namespace rill::camera {

struct Client {
    Ref<GstRTSPClient> rtsp;
    Camera* camera = nullptr;  ///< the one it asked for last
    std::string uri;           ///< of its last SETUP, PLAY or PAUSE
    Ref<GstRTSPSession> session;
    bool playing = false;
    unsigned keep_alives = 0;  ///< OPTIONS, GET_PARAMETER and SET_PARAMETER within its session
    nanoseconds last_keep_alive{};
    nanoseconds last_request{};
};

/// Threading: the main thread.
class Clients {
  public:
    explicit Clients(Cameras& cameras) : cameras_(cameras) {}
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    /// For the server's signal "client-connected".
    void add(GstRTSPClient* client);
    bool empty() const { return clients_.empty(); }
    const std::map<GstRTSPClient*, Client>& all() const { return clients_; }
    unsigned sessions_total() const { return sessions_total_; }

    /// Closes the connections without a word. No camera means all.
    void close(const Camera* camera);
    /// Asks the clients to end, with a TEARDOWN request of the server (RFC 2326 §10.7).
    void send_teardown(const Camera* camera);
    /// New sessions, and those that run, end when no request comes for this long. RTCP does not count.
    void set_session_timeout(std::chrono::seconds timeout);
    /// Closes the clients whose session has ended. To be called several times a second.
    void tidy();

  private:
    static GstRTSPStatusCode before_describe(GstRTSPClient*, GstRTSPContext*, gpointer self);
    static void before_response(GstRTSPClient*, GstRTSPContext*, GstRTSPMessage*, gpointer self);
    static void new_session(GstRTSPClient*, GstRTSPSession*, gpointer self);
    static void played(GstRTSPClient*, GstRTSPContext*, gpointer self);
    static void torn_down(GstRTSPClient*, GstRTSPContext*, gpointer self);
    static void requested(GstRTSPClient*, GstRTSPContext*, gpointer self);
    static void kept_alive(GstRTSPClient*, GstRTSPContext*, gpointer self);
    static void closed(GstRTSPClient*, gpointer self);
    Client* find(GstRTSPClient* client);
    std::vector<Client> watching(const Camera* camera) const;

    Cameras& cameras_;
    struct Closed {
        nanoseconds when;
        Ref<GstRTSPClient> client;
    };

    std::map<GstRTSPClient*, Client> clients_;
    std::vector<Closed> closed_;  ///< kept a little longer, oldest first
    std::chrono::seconds session_timeout_{60};
    unsigned sessions_total_ = 0;
};

}  // namespace rill::camera
