#include "camera.hpp"

#include "media_factory.hpp"

#include <algorithm>

namespace rill::camera {

Camera::Camera(CameraSpec spec, LoopStore& loops, Pacer& pacer)
    : spec_(std::move(spec)), loops_(loops), pacer_(pacer) {}

Result<> Camera::prepare() {
    if (spec_.clock) {
        if (auto encoder = video_encoder(spec_.video, true); !encoder) return encoder.error();
    } else if (auto loop = loops_.get(spec_.video); !loop) {
        return loop.error();
    }
    if (spec_.audio.codec == AudioCodec::none) return ok();
    if (auto loop = loops_.get(spec_.audio); !loop) return loop.error();
    return ok();
}

Ref<GstRTSPMediaFactory> Camera::make_factory() {
    return make_media_factory(shared_from_this());
}

Result<> Camera::configure(GstRTSPMedia* media) {
    const auto bin = Ref<GstElement>::adopt(gst_rtsp_media_get_element(media));
    auto broadcast = Broadcast::start(spec_, GST_BIN(bin.get()), loops_, pacer_, switches_);
    if (!broadcast) return broadcast.error();
    broadcast_ = *broadcast;
    g_object_set_data_full(G_OBJECT(media), "rill-broadcast", new std::shared_ptr(*std::move(broadcast)),
                           destroy<std::shared_ptr<Broadcast>>);
    return ok();
}

void Camera::change_video(const VideoSpec& video, LoopRef loop) {
    const bool same_codec = video.codec == spec_.video.codec;
    spec_.video = video;
    if (const auto broadcast = broadcast_.lock(); broadcast && same_codec)
        broadcast->change_size(video.width, video.height, std::move(loop));
}

Camera* Cameras::find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
}

bool Cameras::is_broadcasting() const {
    return std::any_of(by_name_.begin(), by_name_.end(),
                       [](const auto& entry) { return entry.second->is_broadcasting(); });
}

Camera* Cameras::find_by_path(std::string_view path) const {
    if (path.starts_with('/')) path.remove_prefix(1);
    while (true) {
        if (Camera* camera = find(std::string(path))) return camera;
        const std::size_t slash = path.rfind('/');
        if (slash == std::string_view::npos) return nullptr;
        path = path.substr(0, slash);
    }
}

}  // namespace rill::camera
