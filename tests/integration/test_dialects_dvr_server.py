"""The client of a DVR server: sources with numbers, sessions that rewind, without media. What they show is tested in Chromium
(tests/browser/dvr-server.test.mjs)."""

import json
import unittest

from harness import TestCase, wait_for
from offer import OFFER


class DvrServer(TestCase):

    def setUp(self):
        self.cameras = self.camera("a:codec=h264,size=160x120,audio=pcmu")
        self.folder = self.new_folder("rill-dvr-")
        self.rilld = self.daemon(f"dialects: yes\nrecordPath: {self.folder}/%path/%s-%f\nrecordPartDuration: 200ms\n"
                                 "paths:\n  other: { source: rtsp://127.0.0.1:1/x, sourceOnDemand: yes }\n")

    def call(self, method, path, body=None, expected=200):
        return self.rilld.json(method, path, expected, body=None if body is None else json.dumps(body),
                               headers={"Content-Type": "application/json"})

    def create(self, expected=201, **more):
        return self.call("POST", "/streams", {"source_id": 1, "rtsp_url": self.cameras.url("a"), "should_record": True, **more}, expected)

    def wait_recorded(self):
        wait_for(lambda: any(one["name"] == "1" for one in self.rilld.json("GET", "/api/v1/recordings")),
                 "something is recorded")

    def test_sources(self):
        self.assertEqual(self.rilld.json("GET", "/health")["status"], "healthy")
        created = self.create(username="admin", password="p@ss", restart_interval_secs=5)
        self.assertEqual((created["source_id"], created["should_record"]), (1, True))
        self.rilld.wait_status("1", "online")
        listed = self.call("GET", "/streams")["streams"]
        self.assertEqual([stream["source_id"] for stream in listed], [1])
        self.assertNotIn("p@ss", json.dumps(listed))
        self.assertEqual(self.call("GET", "/streams/1")["status"], "online")
        self.call("GET", "/streams/2", None, 404)
        self.call("DELETE", "/streams/1")
        self.call("GET", "/streams/1", None, 404)
        self.assertEqual(self.call("GET", "/streams")["streams"], [])
        for body in ({}, {"source_id": "cam1", "rtsp_url": self.cameras.url("a")}, {"source_id": 1, "rtsp_url": "file:///x"}):
            with self.subTest(body):
                self.call("POST", "/streams", body, 400)

    def test_a_session_is_listed_steered_and_closed(self):
        self.create()
        self.rilld.wait_status("1", "online")
        opened = self.call("POST", "/streams/1/webrtc", {"sdp": OFFER}, 201)
        self.assertIn("a=candidate:", opened["sdp"])
        session = f"/streams/1/webrtc/{opened['session_id']}"
        self.assertEqual([one["session_id"] for one in self.call("GET", "/streams/1/webrtc")["sessions"]], [opened["session_id"]])
        self.assertEqual(self.call("GET", session + "/mode")["mode"], "live")
        # A viewer whose media are not there yet cannot be shown anything else; what is asked for is understood.
        for verb, body in (("seek", {"timestamp": "2026-01-08T10:00:00Z"}), ("seek", {"timestamp": 1767866400}),
                           ("speed", {"speed": 2.0}), ("live", None)):
            with self.subTest(verb, body=body):
                self.assertIn("not connected", self.call("POST", f"{session}/{verb}", body, 503)["error"])
        self.call("POST", session + "/speed", {"speed": "fast"}, 400)
        self.call("POST", session + "/seek", {}, 400)
        self.call("DELETE", session)
        wait_for(lambda: self.call("GET", "/streams/1/webrtc")["sessions"] == [], "the session is closed")
        self.call("GET", session + "/mode", None, 404)

    def test_a_session_begins_in_the_past(self):
        self.create()
        self.rilld.wait_status("1", "online")
        self.wait_recorded()
        opened = self.call("POST", "/streams/1/webrtc/dvr", {"sdp": OFFER}, 201)
        self.assertEqual(opened["mode"], "dvr")
        self.call("DELETE", f"/streams/1/webrtc/{opened['session_id']}")
        self.call("POST", "/streams/9/webrtc", {"sdp": OFFER}, 404)
        self.call("POST", "/streams/1/webrtc", {}, 400)

    def test_the_debug_client_is_a_page(self):
        status, headers, body = self.rilld.request("GET", "/debug/webrtc-client")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"RTCPeerConnection", body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
