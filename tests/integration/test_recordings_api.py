"""Recordings in the API: listed, counted, locked and deleted while they are made."""

import datetime
import json
import os
import socket
import unittest
import urllib.parse

from harness import PATIENCE, TestCase, wait_for

ENDLESS = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def middle(segment):
    """A range in it. Where one ends, the next may begin a little earlier or later: clocks waver."""
    start, end = parse(segment["start"]), parse(segment["end"])
    return {"start": (start + (end - start) / 4).isoformat(), "end": (end - (end - start) / 4).isoformat()}


class Recordings(TestCase):
    """One camera's recording of about half a minute, in files of a second."""

    def setUp(self):
        self.folder = self.new_folder("rill-recordings-")
        self.source = self.camera("a:audio=none,gop=1s")

    def start(self, name="site/a", more=""):
        return self.daemon("pathDefaults:\n  record: yes\n"
                           f"  recordPath: {self.folder}/%path/%s-%f\n"
                           "  recordPartDuration: 200ms\n  recordSegmentDuration: 1s\n"
                           f"{more}paths:\n  {name}: {{ source: '{self.source.url('a')}' }}\n")

    def call(self, method, url, expected=200, **query):
        return self.api.json(method, url + ("?" + urllib.parse.urlencode(query) if query else ""), expected)

    def segments(self, name="site/a", **query):
        return self.call("GET", f"/api/v1/recordings/{name}/segments", **query)["segments"]

    def finished(self, name="site/a"):
        status, _, body = self.api.request("GET", f"/api/v1/recordings/{name}/segments")
        return [s for s in json.loads(body)["segments"] if not s["open"]] if status == 200 else []

    def wait_finished(self, count):
        wait_for(lambda: len(self.finished()) >= count, f"{count} files are finished", 60)

    def assert_agrees_with_disk(self):
        """The finished files that are listed are those in the folder, with their sizes."""
        listed = {segment["file"]: segment["bytes"] for segment in self.segments() if not segment["open"]}
        for file, size in listed.items():
            self.assertEqual(os.path.getsize(file), size, file)
        there = {os.path.join(self.folder, "site/a", name) for name in os.listdir(os.path.join(self.folder, "site/a"))}
        # One is being written, and may have ended since it was listed.
        self.assertLessEqual(len({name for name in there if name.endswith(".mp4")} - set(listed)), 2)
        self.assertLessEqual(set(listed), there)

    def test_a_recording_is_told(self):
        self.api = self.start()
        self.wait_finished(3)
        path, = self.call("GET", "/api/v1/recordings")
        self.assertEqual(path["name"], "site/a")
        self.assertGreaterEqual(path["segments"], 3)
        answer = self.call("GET", "/api/v1/recordings/site/a")
        self.assertEqual(len(answer["spans"]), 1, answer)
        self.assertEqual(answer["gaps"], [])
        span = answer["spans"][0]
        self.assertRegex(span["codecs"], r"^avc1\.")
        self.assertGreaterEqual(span["duration"], 3)
        self.assertAlmostEqual((parse(span["end"]) - parse(span["start"])).total_seconds(), span["duration"], places=5)
        self.assertGreaterEqual(answer["bytes"], path["bytes"])
        self.assert_agrees_with_disk()
        first = self.segments(limit=1)
        self.assertEqual(len(first), 1)
        asked = middle(first[0])
        part = self.call("GET", "/api/v1/recordings/site/a", **asked)
        self.assertEqual([(parse(s["start"]), parse(s["end"])) for s in part["spans"]], [tuple(map(parse, asked.values()))])
        self.assertEqual((part["segments"], part["bytes"]), (1, first[0]["bytes"]))

    def test_pages_and_mediamtx_agree(self):
        self.api = self.start()
        self.wait_finished(4)
        end = self.finished()[-1]["end"]
        starts, more = [], {}
        while True:
            page = self.call("GET", "/api/v1/recordings/site/a/segments", limit=1, end=end, **more)
            starts += [segment["start"] for segment in page["segments"]]
            if "next" not in page:
                break
            more = {"next": page["next"]}
        self.assertEqual(starts, sorted(set(starts)))
        self.assertGreaterEqual(len(starts), 4)
        got = self.call("GET", "/v3/recordings/get/site/a")
        self.assertEqual(got["name"], "site/a")
        self.assertEqual([parse(segment["start"]) for segment in got["segments"]][:len(starts)], [parse(s) for s in starts])
        listed = self.call("GET", "/v3/recordings/list")
        self.assertEqual((listed["pageCount"], listed["itemCount"]), (1, 1))
        self.assertEqual(listed["items"][0]["name"], "site/a")
        self.assertEqual(listed["items"][0]["segments"][:len(starts)], got["segments"][:len(starts)])

    def test_deleting_and_locking(self):
        self.api = self.start()
        self.wait_finished(4)
        first, second, third = self.finished()[:3]
        locked = self.call("POST", "/api/v1/recordings/site/a/lock", **middle(second))
        self.assertEqual(locked, {"segments": 1})
        refused = self.call("DELETE", "/v3/recordings/deletesegment", 409, path="site/a", start=second["start"])
        self.assertIn("locked", refused["error"])
        self.assertEqual(self.call("DELETE", "/v3/recordings/deletesegment", path="site/a", start=first["start"]), {"status": "ok"})
        self.assertFalse(os.path.exists(first["file"]))
        self.call("DELETE", "/v3/recordings/deletesegment", 404, path="site/a", start=first["start"])
        deleted = self.call("DELETE", "/api/v1/recordings/site/a", start=second["start"], end=third["end"])
        self.assertEqual(deleted, {"bytes": third["bytes"]})
        self.assertTrue(os.path.exists(second["file"]))
        self.assertFalse(os.path.exists(third["file"]))
        rest = self.segments()
        self.assertEqual((rest[0]["start"], rest[0]["locked"]), (second["start"], True))
        answer = self.call("GET", "/api/v1/recordings/site/a")
        self.assertEqual(answer["gaps"][0]["start"], second["end"])
        gone = self.call("GET", "/api/v1/recordings/site/a", **middle(first))
        self.assertEqual((gone["spans"], gone["segments"], gone["bytes"]), ([], 0, 0))
        self.assertIsNone(gone["before"])
        self.assertEqual(gone["after"], second["start"])
        self.assertEqual(self.call("POST", "/api/v1/recordings/site/a/unlock", **ENDLESS), {"segments": 1})
        self.assertGreater(self.call("DELETE", "/api/v1/recordings/site/a", **ENDLESS)["bytes"], 0)
        self.assertFalse(os.path.exists(second["file"]))
        wait_for(lambda: os.path.exists(self.folder) and self.finished(), "the recording goes on")
        self.assert_agrees_with_disk()

    def test_storages_and_metrics(self):
        self.api = self.start()
        self.wait_finished(2)
        # Files are counted now and then.
        storage = wait_for(lambda: next((s for s in self.call("GET", "/api/v1/storages") if s["segments"] > 0), None),
                           "files are counted", 60)
        self.assertEqual(os.path.realpath(storage["root"]), os.path.realpath(self.folder))
        self.assertEqual((storage["failure"], storage["droppedParts"], storage["deletedBytes"]), ("", 0, 0))
        self.assertGreaterEqual(storage["writtenBytes"], storage["bytes"])
        self.assertGreater(storage["diskBytes"], storage["diskFree"])
        metrics = self.api.request("GET", "/metrics")[2].decode()
        self.assertIn('rill_sink_running{path="site/a",sink="record"} 1\n', metrics)
        self.assertIn(f'rill_storage_failed{{root="{storage["root"]}"}} 0\n', metrics)
        self.assertRegex(metrics, rf'rill_storage_written_bytes_total{{root="{storage["root"]}"}} [1-9]\d*\n')
        deleted = self.call("DELETE", "/api/v1/recordings/site/a", **ENDLESS)["bytes"]
        metrics = self.api.request("GET", "/metrics")[2].decode()
        self.assertIn(f'rill_storage_deleted_bytes_total{{root="{storage["root"]}"}} {deleted}\n', metrics)

    def test_recordings_outlive_their_path(self):
        self.api = self.start()
        self.wait_finished(2)
        self.api.stop()
        before = len([name for name in os.listdir(os.path.join(self.folder, "site/a")) if name.endswith(".mp4")])
        self.api = self.start("other")
        wait_for(lambda: len(self.finished("other")) >= 1, "the other path is recorded", 60)
        self.assertEqual([path["name"] for path in self.call("GET", "/api/v1/recordings")], ["other", "site/a"])
        self.assertEqual(len(self.segments()), before)
        self.assertNotIn("open", [name for segment in self.segments() for name, value in segment.items() if value is True])
        self.assertGreater(self.call("DELETE", "/api/v1/recordings/site/a", **ENDLESS)["bytes"], 0)
        self.call("GET", "/api/v1/recordings/site/a", 404)

    def test_what_is_refused(self):
        self.api = self.start()
        self.wait_finished(1)
        for method, url, status in (
                ("GET", "/api/v1/recordings/none", 404), ("GET", "/api/v1/recordings/site", 404),
                ("GET", "/api/v1/recordings/site/a?start=x", 400), ("DELETE", "/api/v1/recordings/site/a", 400),
                ("POST", "/api/v1/recordings/site/a", 405), ("PUT", "/api/v1/storages", 405),
                ("GET", "/api/v1/recordings/site/a/segments?limit=0", 400), ("GET", "/v3/recordings/get/none", 404),
                ("GET", "/v3/recordings/list?itemsPerPage=0", 400), ("POST", "/v3/recordings/list", 405)):
            with self.subTest(f"{method} {url}"):
                self.assertEqual(self.api.json(method, url, expected=status)["status"], "error")
        self.assertGreaterEqual(len(self.finished()), 1)

    def test_a_client_that_leaves_in_mid_list_disturbs_nobody(self):
        self.api = self.start()
        self.wait_finished(1)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.api.port), 10 * PATIENCE) as connection:
                connection.sendall(b"GET /v3/recordings/list HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(self.call("GET", "/v3/recordings/list")["itemCount"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
