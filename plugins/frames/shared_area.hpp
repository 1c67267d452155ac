// Memory that other processes read, in slots of one size.
#pragma once

#include <rill/fd.hpp>
#include <rill/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace rill::frames {

/// A POSIX shared memory object (shm_open(3)), which goes with this. Threading: as said.
class SharedArea {
  public:
    /// Its name begins with `prefix` (a slash first, and no other) and is nobody else's. Others of the group
    /// may read it. Error: internal, with what the system says.
    static Result<std::unique_ptr<SharedArea>> create(const std::string& prefix, std::size_t slot_bytes,
                                                      std::size_t slots);
    /// What a process left behind that did not end well.
    static void remove_all(const std::string& prefix);
    SharedArea(const SharedArea&) = delete;
    SharedArea& operator=(const SharedArea&) = delete;
    ~SharedArea();

    const std::string& name() const { return name_; }
    std::size_t slot_bytes() const { return slot_bytes_; }
    std::size_t slots() const { return slots_; }
    std::size_t bytes() const { return slot_bytes_ * slots_; }
    /// The system's memory for the slot, taken with its first use: false, when there is none. One thread at a
    /// time.
    bool reserve(std::size_t slot);
    /// Of a reserved one.
    std::span<std::uint8_t> slot(std::size_t slot) { return {memory_ + slot * slot_bytes_, slot_bytes_}; }

  private:
    SharedArea(std::string name, Fd fd, std::uint8_t* memory, std::size_t slot_bytes, std::size_t slots);

    const std::string name_;
    const Fd fd_;
    std::uint8_t* const memory_;
    const std::size_t slot_bytes_, slots_;
    std::size_t reserved_ = 0;  // slots, from the first one on
};

}  // namespace rill::frames
