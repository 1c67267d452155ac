"""The habits of the code base that a machine can check."""

import os
import re
import subprocess
import unittest

ROOT = os.environ["RILL_SOURCE_DIR"]


def sources(*patterns):
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *patterns], capture_output=True,
                            text=True, check=True).stdout.split()
    return [name for name in listed if os.path.exists(os.path.join(ROOT, name))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


class Sources(unittest.TestCase):
    def only_in(self, pattern, allowed, *where):
        found = [name for name in sources(*where) if name not in allowed and re.search(pattern, read(name), re.M)]
        self.assertEqual(found, [])

    def test_file_sizes(self):
        for name in sources("*.cpp", "*.hpp", "*.js", "*.mjs", "*.py"):
            limit = 250 if name.endswith(".hpp") else 500
            with self.subTest(name):
                self.assertLessEqual(read(name).count("\n"), limit)

    def test_pipeline_states_change_in_one_file(self):
        self.only_in(r"gst_element_set_state\(", {"core/src/util/pipeline.cpp"}, "core/src/*.cpp", "core/include/*", "plugins/*.cpp",
                     ":!plugins/*/test_*")

    def test_no_raw_unref(self):
        self.only_in(r"\b(g_object_unref|gst_object_unref|gst_buffer_unref|gst_caps_unref|g_free)\s*\(",
                     {"core/include/rill/ref.hpp"}, "core/src/*.cpp", "core/src/*.hpp", "plugins/*.cpp", "apps/rill*/*.cpp")

    def test_events_go_upstream_by_pad(self):
        self.only_in(r"^[^/]*gst_element_send_event\(", set(), "core/src/*.cpp", "plugins/*.cpp")

    def test_modules_include_public_headers_only(self):
        self.only_in(r'#include "(hub|config|http|registry|util|daemon|log|media)/', set(), "plugins/*.hpp",
                     ":!plugins/*/test_*", "plugins/*/module.cpp", "plugins/*/*source.cpp", "plugins/*/*sink.cpp")

    def test_core_knows_no_module(self):
        self.only_in(r'"(hls|webrtc|rtsp|record)"', set(), "core/src/hub/*", "core/src/daemon/*", "core/src/registry/*")

    def test_no_sleep_in_tests(self):
        # Polls a condition with a deadline; everything else waits through it.
        polls = {"tests/support/await.hpp"}
        self.only_in(r"sleep_for|g_usleep|\busleep\(|[^_]sleep\(\d{1,2}\)", polls, "core/tests/*", "plugins/*/test_*",
                     "tests/conformance/*", "tests/support/*", "tests/integration/test_*.py")


if __name__ == "__main__":
    unittest.main(verbosity=2)
