// The RTSP server of all cameras: listening, credentials, TLS, and an orderly end.
#pragma once

#include "camera.hpp"
#include "clients.hpp"

namespace rill::camera {

enum class AuthMethod { basic, digest };

struct ServerOptions {
    std::string address = "127.0.0.1";
    int port = 8554;   ///< 0: any free one
    std::string user;  ///< empty: no credentials are asked for
    std::string password;
    AuthMethod auth = AuthMethod::digest;
    bool tls = false;
    bool multicast = false;  ///< offer 239.255.42.0/24 as well
};

/// Threading: the main thread.
class Server {
  public:
    explicit Server(ServerOptions options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Closes all connections, and waits a moment until their media has ended.
    ~Server();

    /// conflict when the name is taken.
    Result<> add(CameraRef camera);
    /// Media that is made from now on follows the camera's present state.
    void renew_media(Camera& camera);

    /// Listens; after stop_listening() on the same port as before.
    Result<> listen();
    /// Refuses new connections, and closes those that are open.
    void stop_listening();

    std::string url_of(const Camera& camera) const;
    /// Of the TLS certificate; empty without TLS.
    const std::string& fingerprint() const { return fingerprint_; }
    Cameras& cameras() { return cameras_; }
    Clients& clients() { return clients_; }

  private:
    Result<> configure_auth();

    const ServerOptions options_;
    Cameras cameras_;
    Clients clients_{cameras_};
    Ref<GstRTSPServer> server_;
    Ref<GstRTSPMountPoints> mounts_;
    Ref<GstRTSPThreadPool> threads_;
    Ref<GstRTSPAddressPool> multicast_;
    Ref<GSource> listening_;
    Ref<GSource> tidy_;
    std::string fingerprint_;
    int port_ = 0;  ///< the one that was listened on first
};

}  // namespace rill::camera
