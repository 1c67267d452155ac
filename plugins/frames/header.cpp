#include "header.hpp"

#include <algorithm>
#include <string_view>

namespace rill::frames {

namespace {

class Writer {
  public:
    explicit Writer(std::span<std::uint8_t, header_bytes> out) : out_(out) {
        std::ranges::fill(out, std::uint8_t{0});
    }
    void text(std::string_view text) {
        for (const char c : text)
            out_[at_++] = static_cast<std::uint8_t>(c);
    }
    void number(std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i, value >>= 8)
            out_[at_++] = static_cast<std::uint8_t>(value);
    }

  private:
    std::span<std::uint8_t, header_bytes> out_;
    std::size_t at_ = 0;
};

}  // namespace

void write_header(std::span<std::uint8_t, header_bytes> out, const Description& picture,
                  std::size_t payload_bytes) {
    Writer writer(out);
    writer.text("RILF");
    writer.number(1, 2);
    writer.number(header_bytes, 2);
    writer.number(static_cast<std::uint32_t>(picture.format), 4);
    writer.number(static_cast<std::uint64_t>(picture.size.width), 4);
    writer.number(static_cast<std::uint64_t>(picture.size.height), 4);
    writer.number(stride_of(picture.format, picture.size), 4);
    writer.number(picture.stamp.sequence, 8);
    writer.number(static_cast<std::uint64_t>(picture.stamp.utc_us), 8);
    writer.number(static_cast<std::uint64_t>(picture.stamp.running.count()), 8);
    writer.number(payload_bytes, 4);
    writer.number(picture.colour.matrix, 1);
    writer.number(picture.colour.is_full_range ? 1 : 0, 1);
}

}  // namespace rill::frames
