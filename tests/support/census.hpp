// What is alive in this process: threads, descriptors, and GStreamer's objects. For tests that end with
// "nothing remains".
#pragma once

#include "await.hpp"

#include <rill/pipeline.hpp>

#include <glib.h>
#include <gst/gst.h>
#include <gst/gsttracer.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace rill::test {

/// Counts every GstObject and GstMiniObject by type, from its first use on, through GStreamer's tracing hooks
/// (as the "leaks" tracer does, but without a reference or a lock on what is counted).
class ObjectCounter {
  public:
    static ObjectCounter& instance() {
        static ObjectCounter* const counter = new ObjectCounter;  // hooks are for ever
        return *counter;
    }

    std::map<std::string, long> counts() const {
        const std::lock_guard lock(mutex_);
        std::map<std::string, long> out;
        for (const auto& [type, count] : counts_)
            out[g_type_name(type)] = count;
        return out;
    }

  private:
    ObjectCounter() {
        // A hook belongs to a tracer, though it may be called without one.
        const GType type =
            g_type_register_static_simple(gst_tracer_get_type(), "RillObjectCounter", sizeof(GstTracerClass),
                                          nullptr, sizeof(GstTracer), nullptr, static_cast<GTypeFlags>(0));
        auto* tracer = static_cast<GstTracer*>(g_object_new(type, nullptr));
        const auto hook = [tracer](const char* name, auto* function) {
            gst_tracing_register_hook(tracer, name, G_CALLBACK(function));
        };
        // The pad templates of a class are made with its first element; core makes this one only when it
        // must.
        Ref<GstElement>::sink(gst_element_factory_make("fakesink", nullptr)).reset();
        hook(
            "object-created", +[](void*, GstClockTime, void* object) { count_object(object, 1); });
        hook(
            "object-destroyed", +[](void*, GstClockTime, void* object) { count_object(object, -1); });
        hook(
            "mini-object-created", +[](void*, GstClockTime, void* object) { count_mini(object, 1); });
        hook(
            "mini-object-destroyed", +[](void*, GstClockTime, void* object) { count_mini(object, -1); });
    }

    static void count_object(void* object, long change) { instance().add(G_OBJECT_TYPE(object), change); }
    static void count_mini(void* object, long change) {
        instance().add(GST_MINI_OBJECT_TYPE(object), change);
    }

    void add(GType type, long change) {
        const std::lock_guard lock(mutex_);
        counts_[type] += change;
    }

    mutable std::mutex mutex_;
    std::map<GType, long> counts_;  // locked: mutex_
};

/// What surplus() says when all is gone.
inline const std::string nothing;

/// Taken before, and asked after. What lives as long as the process (a pool, a
/// registry) must have been made before: run the thing once first.
class Census {
  public:
    Census() {
        settle();
        threads_ = threads();
        descriptors_ = descriptors();
        objects_ = ObjectCounter::instance().counts();
    }

    /// Waits until no more is alive than at the beginning. Empty when that came true, else what is too much.
    std::string surplus() const {
        std::string found;
        await([&] {
            settle();
            found = difference();
            return found.empty();
        });
        return found;
    }

  private:
    using Counts = std::map<std::string, long>;

    std::string difference() const {
        return more("threads", threads(), threads_) + more("descriptors", descriptors(), descriptors_) +
               more("objects", ObjectCounter::instance().counts(), objects_);
    }

    /// Threads and descriptors change their names; whether there are too many says their sum. Objects never
    /// change their type.
    static std::string more(const std::string& what, const Counts& now, const Counts& before) {
        const auto sum = [](const Counts& counts) {
            long total = 0;
            for (const auto& [name, count] : counts)
                total += count;
            return total;
        };
        if (what != "objects" && sum(now) <= sum(before)) return "";
        std::string out;
        for (const auto& [name, count] : now) {
            const auto found = before.find(name);
            const long surplus = count - (found == before.end() ? 0 : found->second);
            if (surplus > 0) out += " " + std::to_string(surplus) + " " + name + ",";
        }
        return out.empty() ? "" : what + ":" + out + " ";
    }

    static Counts threads() {
        Counts out;
        for (const auto& name : entries("/proc/self/task")) {
            std::string comm;
            std::getline(std::ifstream("/proc/self/task/" + name + "/comm"), comm);
            ++out[comm.empty() ? "ending" : comm];
        }
        return out;
    }

    static Counts descriptors() {
        Counts out;
        for (const auto& name : entries("/proc/self/fd")) {
            std::error_code gone;
            std::string target = std::filesystem::read_symlink("/proc/self/fd/" + name, gone);
            // "socket:[1234]": the number would be another each time.
            ++out[target.substr(0, target.find('['))];
        }
        return out;
    }

    static std::vector<std::string> entries(const char* directory) {
        std::vector<std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(directory))
            out.push_back(entry.path().filename());
        return out;
    }

    /// What ends anyway does not count: pipelines on their way to NULL, and the idle threads of GLib's pool.
    static void settle() {
        Pipeline::wait_for_disposals(patience());
        g_thread_pool_stop_unused_threads();
    }

    Counts threads_, descriptors_, objects_;
};

}  // namespace rill::test
