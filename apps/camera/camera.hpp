// One simulated camera: what it is, what is wrong with it, and what it sends at the moment.
#pragma once

#include "broadcast.hpp"
#include "handles.hpp"
#include "spec.hpp"

#include <map>

namespace rill::camera {

/// Threading: the main thread, but for what Switches says.
class Camera : public std::enable_shared_from_this<Camera> {
  public:
    Camera(CameraSpec spec, LoopStore& loops, Pacer& pacer);

    const CameraSpec& spec() const { return spec_; }
    Switches& switches() { return *switches_; }
    /// Whether its media exists, which it does a moment longer than its last client.
    bool is_broadcasting() const { return !broadcast_.expired(); }
    /// What must be there before a client comes: its loops, or the encoder of the live picture. Blocks while
    /// it encodes.
    Result<> prepare();

    /// The answer to DESCRIBE instead of the usual one, with the fault commands.
    GstRTSPStatusCode describe_status = GST_RTSP_STS_OK;
    bool hangs = false;

    /// A new factory for the server; it keeps the camera alive.
    Ref<GstRTSPMediaFactory> make_factory();
    /// Called by the factory: gives a media its content.
    Result<> configure(GstRTSPMedia* media);

    /// For media made from now on. With a loop (or a live encoder and the same codec) also for running
    /// clients, at the next keyframe.
    void change_video(const VideoSpec& video, LoopRef loop);

  private:
    CameraSpec spec_;
    LoopStore& loops_;
    Pacer& pacer_;
    const std::shared_ptr<Switches> switches_ = std::make_shared<Switches>();
    std::weak_ptr<Broadcast> broadcast_;
};

using CameraRef = std::shared_ptr<Camera>;

/// All cameras by name.
class Cameras {
  public:
    void add(CameraRef camera) { by_name_.emplace(camera->spec().name, std::move(camera)); }
    bool has(const std::string& name) const { return by_name_.contains(name); }
    Camera* find(const std::string& name) const;
    /// The camera of the path of a URL, "/cam1" or "/cam1/stream=0".
    Camera* find_by_path(std::string_view path) const;
    bool is_broadcasting() const;
    const std::map<std::string, CameraRef>& all() const { return by_name_; }

  private:
    std::map<std::string, CameraRef> by_name_;
};

}  // namespace rill::camera
