"""The client of an HLS stream manager: a back end that starts streams for a page with hls.js, and lets them go."""

import json
import re
import subprocess
import unittest
import urllib.parse

from harness import PATIENCE, Daemon, TestCase, wait_for


class HlsManager(TestCase):

    def start_daemon(self, **environment):
        return self.daemon("dialects: yes\nreadTimeout: 3s\npaths: {}\n",
                           environment={"PORT": "8088", "STREAM_DIR": "./streams", **environment})

    def start(self, daemon, indicator, link, expected=200):
        query = urllib.parse.urlencode({"indicator_id": indicator, "rtsp_link": link})
        return daemon.json("GET", f"/api/stream/start?{query}", expected)

    def stop(self, daemon, indicator, expected=200):
        return daemon.json("POST", "/api/stream/stop", expected, body=json.dumps({"indicator_id": indicator}),
                           headers={"Content-Type": "application/json"})

    def active(self, daemon):
        health = daemon.json("GET", "/api/health")
        self.assertEqual(health["status"], "healthy")
        return health["active_streams"]

    def playlist(self, daemon, path):
        status, headers, body = daemon.request("GET", path, headers={"Origin": "https://app.example.org"})
        self.assertEqual(status, 200, body)
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertRegex(headers["cache-control"], "no-")
        return body.decode()

    def test_a_page_plays_a_camera(self):
        camera = self.camera("a:audio=aac")
        daemon = self.start_daemon(HLS_SEGMENT_TIME="1", HLS_LIST_SIZE="4")
        self.assertEqual(self.active(daemon), 0)
        told = self.start(daemon, "123", camera.url("a"))
        self.assertEqual(told, {"stream_path": "/streams/123/stream.m3u8", "status": "started"})
        text = self.playlist(daemon, told["stream_path"])
        segments = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.assertTrue(segments)
        for segment in segments:
            self.assertRegex(segment, r"^segment\d+\.ts$")
        status, headers, body = daemon.request("GET", "/streams/123/" + segments[-1])
        self.assertEqual((status, body[:1], len(body) % 188), (200, b"\x47", 0))
        self.assertRegex(headers["cache-control"], "no-")
        # The list is as long as was said, however long it runs: old segments go.
        first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text).group(1)
        later = wait_for(lambda: (now := self.playlist(daemon, told["stream_path"])) and
                         f"#EXT-X-MEDIA-SEQUENCE:{first}\n" not in now and now, "old segments go", 30)
        # As many segments as were said, or as three target durations need (RFC 8216 §6.2.2).
        durations = [float(duration) for duration in re.findall(r"#EXTINF:([\d.]+)", later)]
        target = int(re.search(r"#EXT-X-TARGETDURATION:(\d+)", later).group(1))
        self.assertTrue(len(durations) <= 4 or sum(durations[1:]) < 3 * target, later)
        played = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", f"http://127.0.0.1:{daemon.port}{told['stream_path']}",
                                 "-t", "2", "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"],
                                capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
        self.assertEqual((played.returncode, played.stderr), (0, ""))

    def test_many_users_share_one_stream(self):
        camera = self.camera("a:audio=none,size=320x240")
        daemon = self.start_daemon()
        for _ in range(10):
            told = self.start(daemon, "123", camera.url("a"))
            self.assertEqual(told["stream_path"], "/streams/123/stream.m3u8")
        self.assertEqual(self.active(daemon), 1)
        status = daemon.json("GET", "/api/stream/status?indicator_id=123")
        self.assertTrue(status["active"])
        self.stop(daemon, "123")
        self.assertEqual(self.active(daemon), 0)
        self.assertEqual(daemon.request("GET", told["stream_path"])[0], 404)
        self.assertEqual(self.start(daemon, "123", camera.url("a"))["status"], "started")

    def test_a_stream_goes_when_the_page_is_closed(self):
        camera = self.camera("a:audio=none,size=320x240")
        daemon = self.start_daemon(CLEANUP_DELAY_SECONDS="2")
        self.start(daemon, "123", camera.url("a"))
        self.playlist(daemon, "/streams/123/stream.m3u8")
        self.assertEqual(self.active(daemon), 1)
        wait_for(lambda: self.active(daemon) == 0, "the stream is stopped")
        daemon.expect(r"the stream '123' is stopped: nobody asked for it")
        self.assertEqual(daemon.json("GET", "/api/v1/streams")["streams"], [])

    def test_an_invalid_link_is_an_error_with_details(self):
        daemon = self.start_daemon()
        for link, expected in (("nonsense", 400), ("file:///etc/passwd", 400), ("", 400), ("rtsp://127.0.0.1:1/x", 503)):
            with self.subTest(link):
                told = self.start(daemon, "123", link, expected)
                self.assertEqual(told["status"], "error")
                self.assertTrue(told["error"])
                self.assertTrue(told["details"])
        self.assertEqual(self.active(daemon), 0)
        self.assertEqual(daemon.json("GET", "/api/v1/streams")["streams"], [])
        self.start(daemon, "a b/../c", "rtsp://127.0.0.1:1/x", 400)
        self.stop(daemon, "123", 404)

    def test_a_wrong_variable_stops_the_start(self):
        daemon = Daemon("dialects: yes\npaths: {}\n", wait=False, environment={"HLS_LIST_SIZE": "many"})
        daemon.expect("the environment variable HLS_LIST_SIZE: ")
        daemon.wait()
        daemon.stop(2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
