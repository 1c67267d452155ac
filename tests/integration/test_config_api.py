"""The configuration is changed through the API while the daemon runs, and is there again after a restart."""

import json
import os
import signal
import threading
import unittest

from harness import TestCase, wait_for
from test_reload import Reader


class ConfigurationApi(TestCase):
    def start(self, text="", **arguments):
        self.cam = self.camera("a:audio=none,size=160x120", "b:audio=none,size=160x120")
        self.yaml = f"{text}paths:\n  a: {{ source: '{self.cam.url('a')}' }}\n"
        daemon = self.daemon(self.yaml, **arguments)
        daemon.wait_status("a", "online")
        return daemon

    def change(self, daemon, method, target, body=None):
        return daemon.json(method, f"/v3/config/{target}", body=None if body is None else json.dumps(body))

    def names(self, daemon):
        return [path["name"] for path in daemon.json("GET", "/v3/config/paths/list")["items"]]

    def test_an_unchanged_path_notices_nothing(self):
        daemon = self.start()
        reader = Reader(daemon, "a")
        self.addCleanup(reader.close)
        reader.next()
        source = self.cam.url("b")
        self.assertEqual(self.change(daemon, "POST", "paths/add/b/c", {"source": source}), {"status": "ok"})
        daemon.expect(r"reloading configuration \(API request\)")
        daemon.wait_status("b/c", "online")
        self.change(daemon, "PATCH", "paths/patch/b/c", {"maxReaders": 7})
        daemon.wait_status("b/c", "online")
        self.assertEqual(daemon.stream("b/c")["maxReaders"], 7)
        status, _, body = daemon.request("PATCH", "/v3/config/paths/patch/b/c", body='{"source": "gopher://x"}')
        self.assertEqual((status, b"gopher" in body), (400, True), body)
        self.assertEqual(daemon.stream("b/c")["maxReaders"], 7)
        self.change(daemon, "PATCH", "global/patch", {"logLevel": "debug"})
        self.change(daemon, "DELETE", "paths/delete/b/c")
        self.assertEqual(daemon.request("GET", "/api/v1/streams/b/c")[0], 404)
        self.assertEqual(self.names(daemon), ["a"])
        reader.next()
        self.assertIsNone(reader.ended)
        self.assertEqual(reader.sequences, list(range(reader.sequences[0], reader.sequences[-1] + 1)), "no frame was lost")

    def test_changes_outlive_the_process(self):
        folder = self.new_folder("rill-config-api-")
        daemon = self.start("apiPersist: yes\n", folder=folder)
        self.change(daemon, "POST", "paths/add/b", {"source": self.cam.url("b")})
        self.change(daemon, "DELETE", "paths/delete/a")
        self.assertEqual(os.stat(os.path.join(folder, "rill.api.yml")).st_mode & 0o777, 0o600)
        daemon.stop()
        again = self.daemon(self.yaml, folder=folder)
        again.wait_status("b", "online")
        self.assertEqual(self.names(again), ["b"])

    def test_a_kill_leaves_the_old_or_the_new_changes(self):
        folder = self.new_folder("rill-config-api-")
        daemon = self.start("apiPersist: yes\n", folder=folder)
        kept = 0
        for _ in range(3):
            answered = []

            def patch(running=daemon, first=kept, done=answered):
                try:
                    for value in range(first + 1, first + 100_000):
                        self.change(running, "PATCH", "pathdefaults/patch", {"maxReaders": value})
                        done.append(value)
                except (OSError, ValueError, AssertionError):
                    pass  # it was killed

            writer = threading.Thread(target=patch)
            writer.start()
            wait_for(lambda: len(answered) >= 5, "changes are kept")
            daemon.child.send_signal(signal.SIGKILL)
            writer.join()
            daemon.child.wait()
            daemon = self.daemon(self.yaml, folder=folder)
            kept = daemon.json("GET", "/v3/config/pathdefaults/get")["maxReaders"]
            self.assertIn(kept, (answered[-1], answered[-1] + 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
