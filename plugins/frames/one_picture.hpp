// A client who wants one picture: …/frame and …/snapshot.jpg.
#pragma once

#include "asked.hpp"
#include "client.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace rill::frames {

/// Answers with the first picture after a sequence; 504 when none comes in time. Threading: as Subscriber;
/// the rest any thread.
class OnePicture final : public Subscriber {
  public:
    /// `made` is called with the picture, on the strand.
    OnePicture(AskedPtr asked, std::uint64_t after, std::function<void(const PicturePtr&)> made = nullptr);

    void keep(std::shared_ptr<Attachment> attachment) { hold_.keep(std::move(attachment)); }
    void abandon() { hold_.release(); }

    bool wants(const Stamp& stamp) override;
    void deliver(const PicturePtr& picture) override;
    void tick() override;
    void close(const Error& reason) override;

  private:
    const AskedPtr asked_;
    const std::uint64_t after_;
    const std::function<void(const PicturePtr&)> made_;
    const Nanoseconds since_;
    Hold hold_;
};

}  // namespace rill::frames
