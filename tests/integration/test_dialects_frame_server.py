"""The client of a raw frame server: a program for computer vision that adds its cameras and takes BGR of them."""

import json
import unittest

from harness import TestCase, wait_for
from websocket import WebSocket


class FrameServer(TestCase):

    def setUp(self):
        self.cameras = self.camera("a:audio=none,size=640x360", "b:audio=none,size=320x240")
        self.rilld = self.daemon("dialects: yes\nreadTimeout: 3s\nframesCloseAfter: 300ms\npaths: {}\n")

    def post(self, body, expected=200):
        return self.rilld.json("POST", "/api/streams", expected, body=json.dumps(body),
                               headers={"Content-Type": "application/json"})

    def start(self, **more):
        return self.post({"stream_id": "camera1", "rtsp_url": self.cameras.url("a"), **more})

    def stats(self):
        return self.rilld.json("GET", "/api/streams/camera1/stats")

    def test_frames_over_http(self):
        self.start(width=320, height=240)
        status, _, first = self.rilld.request("GET", "/api/streams/camera1/frame")
        self.assertEqual((status, len(first)), (200, 320 * 240 * 3))
        wait_for(lambda: self.rilld.request("GET", "/api/streams/camera1/frame")[2] != first, "the picture changes")
        self.assertTrue(self.stats()["active"])
        self.assertGreater(self.stats()["fps"], 0)

    def test_frames_over_websocket_to_many_clients_of_one_camera(self):
        self.start()
        sockets = [WebSocket(self.rilld.port, "/ws/camera1") for _ in range(3)]
        for socket in sockets:
            self.addCleanup(socket.__exit__)
        for _ in range(3):
            for socket in sockets:
                opcode, frame = socket.receive()
                # 640x480 unless something else was asked for.
                self.assertEqual((opcode, len(frame)), (2, 640 * 480 * 3), frame[:200])
        self.assertEqual(self.stats()["clients"], 3)
        for socket in sockets:
            socket.__exit__()
        wait_for(lambda: self.stats()["clients"] == 0, "nobody is connected any more")

    def test_streams_are_listed_and_stopped(self):
        self.start(frame_buffer_size=50, client_buffer_size=5)
        self.post({"stream_id": "camera2", "rtsp_url": self.cameras.url("b", "admin:secret@")})
        listed = self.rilld.json("GET", "/api/streams")["streams"]
        self.assertEqual(sorted(stream["stream_id"] for stream in listed), ["camera1", "camera2"])
        self.assertNotIn("secret", json.dumps(listed))
        socket = WebSocket(self.rilld.port, "/ws/camera1")
        self.addCleanup(socket.__exit__)
        self.assertEqual(socket.receive()[0], 2)
        self.rilld.json("DELETE", "/api/streams/camera1")
        while (message := socket.receive())[0] == 2:
            pass
        self.assertEqual(message[0], 8)
        self.rilld.json("GET", "/api/streams/camera1/stats", 404)
        self.rilld.json("DELETE", "/api/streams/camera1", 404)
        self.assertEqual(self.start()["status"], "started")

    def test_a_camera_comes_back(self):
        self.start(width=160, height=120)
        socket = WebSocket(self.rilld.port, "/ws/camera1")
        self.addCleanup(socket.__exit__)
        self.assertEqual(len(socket.receive()[1]), 160 * 120 * 3)
        self.cameras.command("teardown a")
        wait_for(lambda: self.stats()["reconnects"] >= 1 and self.stats()["active"], "the camera is back", 30)
        self.assertEqual(socket.receive()[0], 2)

    def test_what_is_wrong(self):
        for body in ({}, {"stream_id": "x"}, {"stream_id": "x", "rtsp_url": "file:///etc/passwd"},
                     {"stream_id": "x", "rtsp_url": "rtsp://127.0.0.1:1/x", "width": -1},
                     {"stream_id": "../x", "rtsp_url": "rtsp://127.0.0.1:1/x"}):
            with self.subTest(body):
                self.assertTrue(self.post(body, 400)["error"])
        self.assertEqual(self.rilld.json("GET", "/api/streams")["streams"], [])
        socket = WebSocket(self.rilld.port, "/ws/nobody")
        self.addCleanup(socket.__exit__)
        self.assertEqual(socket.close_code(), 4404)
        # Signalling has the name that this one begins with.
        signalling = WebSocket(self.rilld.port, "/ws")
        self.addCleanup(signalling.__exit__)


if __name__ == "__main__":
    unittest.main(verbosity=2)
