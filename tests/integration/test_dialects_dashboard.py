"""The client of a camera server with a dashboard: lists streams, starts those on demand, and signals over a WebSocket."""

import json
import unittest

from harness import TestCase, wait_for
from offer import OFFER
from websocket import WebSocket


class Dashboard(TestCase):

    def setUp(self):
        camera = self.camera("a:codec=h264,size=160x120,audio=none", "b:codec=h264,size=160x120,audio=none",
                             options=("--user", "admin", "--password", "p!@#"))
        url = camera.url("{}", "admin:p%21%40%23@")
        self.rilld = self.daemon(
            "paths:\n"
            f"  camera_01:\n    source: {url.format('a')}\n    sourceOnDemand: no\n    rtspTransport: tcp\n"
            f"  camera_02:\n    source: {url.format('b')}\n    sourceOnDemand: yes\n    rtspTransport: tcp\n")

    def streams(self):
        return {stream["id"]: stream for stream in self.rilld.json("GET", "/api/v1/streams")["streams"]}

    def connect(self, stream):
        socket = WebSocket(self.rilld.port, "/ws")
        self.addCleanup(socket.__exit__)
        socket.send(json.dumps({"type": "offer", "streamId": stream, "sdp": OFFER}))
        answer = json.loads(socket.receive()[1])
        self.assertEqual(answer["type"], "answer", answer)
        # Candidates come with the answer: nothing else is awaited.
        self.assertIn("a=candidate:", answer["sdp"])
        return socket

    def test_the_dashboard_connects_all_cameras(self):
        self.rilld.wait_status("camera_01", "online")
        streams = self.streams()
        self.assertFalse(streams["camera_01"]["onDemand"])
        self.assertEqual((streams["camera_02"]["onDemand"], streams["camera_02"]["status"]), (True, "stopped"))
        for stream in streams.values():
            if stream["onDemand"] and stream["status"] == "stopped":
                self.rilld.json("POST", f"/api/v1/streams/{stream['id']}/start")
            self.connect(stream["id"])
        self.assertEqual({stream["status"] for stream in self.streams().values()}, {"online"})

    def test_a_stream_that_runs_is_started_again_without_an_error(self):
        for _ in range(3):
            self.rilld.json("POST", "/api/v1/streams/camera_02/start")
        self.rilld.wait_status("camera_02", "online")
        self.rilld.json("POST", "/api/v1/streams/camera_01/start")
        self.rilld.json("DELETE", "/api/v1/streams/camera_02")
        self.rilld.wait_status("camera_02", "stopped")
        self.rilld.json("POST", "/api/v1/streams/none/start", 404)

    def test_a_second_viewer_after_the_first_has_left(self):
        self.rilld.wait_status("camera_01", "online")
        for _ in range(2):
            socket = self.connect("camera_01")
            socket.__exit__()
            wait_for(lambda: self.streams()["camera_01"]["readerCount"] == 0, "the viewer is gone")

    def test_the_pages_are_there(self):
        for page in ("/dashboard.html", "/viewer.html", "/static/js/webrtc-engine.js", "/health", "/metrics"):
            with self.subTest(page):
                self.assertEqual(self.rilld.request("GET", page)[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
