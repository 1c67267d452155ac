"""Paths by regular expressions: made when somebody asks, gone when nobody does."""

import json
import unittest

from harness import TestCase, wait_for
from test_reload import Reader


class Patterns(TestCase):
    def start(self):
        self.cam = self.camera("a:audio=none,size=160x120", "b:audio=none,size=160x120")
        source = self.cam.url("a")[:-1]
        return self.daemon("pathDefaults: { sourceOnDemand: yes, sourceOnDemandCloseAfter: 100ms }\npaths:\n"
                           f"  fixed: {{ source: '{source}b' }}\n"
                           f"  ~^live/([ab])$: {{ source: '{source}$G1' }}\n")

    def names(self, daemon):
        return [stream["id"] for stream in daemon.json("GET", "/api/v1/streams")["streams"]]

    def watch(self, daemon, path):
        reader = Reader(daemon, path)
        self.addCleanup(reader.close)
        reader.next()
        return reader

    def change(self, daemon, values):
        target = "/v3/config/paths/patch/~%5Elive/(%5Bab%5D)$"
        self.assertEqual(daemon.json("PATCH", target, body=json.dumps(values)), {"status": "ok"})

    def test_a_path_lives_while_it_is_watched(self):
        daemon = self.start()
        self.assertEqual(self.names(daemon), ["fixed"])
        self.assertEqual(daemon.request("GET", "/api/v1/streams/live/a/frame")[0], 200)
        self.assertEqual(self.names(daemon), ["fixed", "live/a"])
        one, two = self.watch(daemon, "live/a"), self.watch(daemon, "live/b")
        self.assertEqual(daemon.stream("live/b")["status"], "online")
        # The page of one that nobody watches, and the way to it.
        self.assertEqual(daemon.request("GET", "/live/b/")[0], 200)
        self.assertEqual(daemon.request("GET", "/live/b")[1]["location"], "b/")
        for unknown in ("/live/c/", "/live/c/whep", "/api/v1/streams/live/c/frame", "/live/"):
            self.assertEqual(daemon.request("GET", unknown)[0], 404, unknown)
        two.close()
        wait_for(lambda: "live/b" not in self.names(daemon), "the path nobody watches is gone", 30)
        self.assertEqual(self.names(daemon), ["fixed", "live/a"])
        one.next()

    def test_a_change_of_the_expression_changes_its_paths(self):
        daemon = self.start()
        fixed, made = self.watch(daemon, "fixed"), self.watch(daemon, "live/a")
        self.change(daemon, {"maxReaders": 1})
        wait_for(lambda: made.ended is not None, "the reader of what changed is told")
        self.watch(daemon, "live/a")
        self.assertEqual(daemon.request("GET", "/api/v1/streams/live/a/frame")[0], 429)
        daemon.json("DELETE", "/v3/config/paths/delete/~%5Elive/(%5Bab%5D)$")
        wait_for(lambda: "live/a" not in self.names(daemon), "without the expression there is no path")
        self.assertEqual(daemon.request("GET", "/live/a/")[0], 404)
        fixed.next()
        self.assertIsNone(fixed.ended)


if __name__ == "__main__":
    unittest.main(verbosity=2)
