"""Paths: their states, their faults, and the API that shows and steers them."""

import unittest

from harness import TestCase, wait_for


class Online(TestCase):
    def test_tracks_of_each_camera(self):
        camera = self.camera("a:codec=h264,audio=aac", "b:codec=h264,audio=pcmu", "c:codec=h264,audio=none,gop=4s",
                             "d:codec=h265,audio=aac")
        daemon = self.daemon("paths:\n" + "".join(f"  {n}: {{ source: '{camera.url(n)}' }}\n" for n in "abcd"))
        codecs = {name: [track["codec"] for track in daemon.wait_status(name, "online")["tracks"]] for name in "abcd"}
        self.assertEqual({n: sorted(c) for n, c in codecs.items()},
                         {"a": ["H264", "MPEG-4 Audio"], "b": ["G711", "H264"], "c": ["H264"], "d": ["H265", "MPEG-4 Audio"]})
        video = next(t for t in daemon.stream("a")["tracks"] if t["kind"] == "video")
        self.assertEqual((video["width"], video["height"]), (1280, 720))
        self.assertRegex(video["codecString"], r"^avc1\.[0-9a-f]{6}$")
        for name in "abcd":
            self.assert_flows(daemon, name)
        metrics = daemon.request("GET", "/metrics")[2].decode()
        self.assertIn('rill_path_online{path="a"} 1', metrics)

    def test_api(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(f"paths:\n  site/a: {{ source: '{camera.url('a', 'u:s3cret@')}' }}\n")
        daemon.wait_status("site/a", "online")
        text = daemon.request("GET", "/api/v1/streams")[2].decode()
        self.assertNotIn("s3cret", text)
        self.assertNotIn("s3cret", daemon.text())
        self.assertEqual(daemon.json("GET", "/health")["status"], "healthy")
        self.assertEqual(daemon.json("POST", "/api/v1/streams/site/a/stop"), {"status": "ok"})
        daemon.wait_status("site/a", "stopped")
        self.assertEqual(daemon.json("POST", "/api/v1/streams/site/a/start"), {"status": "ok"})
        daemon.wait_status("site/a", "online")
        self.assertEqual(daemon.json("POST", "/api/v1/streams/site/a/start"), {"status": "ok"})
        self.assertEqual(daemon.json("DELETE", "/api/v1/streams/site/a"), {"status": "ok"})
        daemon.wait_status("site/a", "stopped")
        for method, url, status in (
                ("GET", "/api/v1/streams/none", 404), ("POST", "/api/v1/streams/none/start", 404),
                ("GET", "/api/v1/streams/site/a/start", 405), ("PUT", "/api/v1/streams", 405), ("POST", "/health", 405),
                ("GET", "/api/v1/streams/site/a/fly", 404), ("GET", "/nowhere", 404), ("POST", "/metrics", 405)):
            with self.subTest(f"{method} {url}"):
                self.assertEqual(daemon.json(method, url, expected=status)["status"], "error")

    def test_a_method_that_is_not_served_starts_no_camera(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}', sourceOnDemand: yes }}\n")
        for method, url, allow in (("GET", "/a/whep", "OPTIONS, POST"), ("POST", "/a/index.m3u8", "OPTIONS, GET"),
                                   ("POST", "/a/whep/x", "OPTIONS, PATCH, DELETE")):
            with self.subTest(f"{method} {url}"):
                status, headers, _ = daemon.request(method, url)
                self.assertEqual((status, headers["allow"]), (405, allow))
        self.assertEqual(daemon.request("OPTIONS", "/a/whep")[0], 204)
        self.assertEqual(daemon.stream("a")["status"], "stopped")
        self.assertNotIn("connecting", daemon.text())


class Faults(TestCase):
    CONFIG = "readTimeout: 2s\npaths:\n  a: {{ source: '{url}' }}\n"

    def start(self, spec="a:audio=none"):
        camera = self.camera(spec)
        daemon = self.daemon(self.CONFIG.format(url=camera.url("a")))
        daemon.wait_status("a", "online")
        return camera, daemon

    def test_connection_dropped(self):
        camera, daemon = self.start()
        camera.command("drop a")
        daemon.expect(r"WAR \[path a\] .*trying again")
        daemon.wait_status("a", "online")
        self.assert_flows(daemon, "a")
        self.assertEqual(daemon.stream("a")["reconnects"], 1)

    def test_silent_camera_with_a_living_connection(self):
        camera, daemon = self.start()
        camera.command("freeze a")
        stream = daemon.wait_status("a", "offline")
        self.assertIn("no media", stream["reason"])
        camera.command("thaw a")
        daemon.wait_status("a", "online")
        self.assert_flows(daemon, "a")

    def test_teardown_by_the_camera(self):
        camera, daemon = self.start()
        camera.command("teardown a")
        wait_for(lambda: daemon.stream("a")["reconnects"] == 1, "the loss is noticed")
        daemon.wait_status("a", "online")
        self.assert_flows(daemon, "a")

    def test_camera_reboots(self):
        camera, daemon = self.start()
        camera.command("refuse *")
        wait_for(lambda: "refused" in daemon.stream("a")["reason"], "the next attempt is refused")
        camera.command("accept *")
        daemon.wait_status("a", "online", 40)
        self.assert_flows(daemon, "a")

    def test_resolution_changes_in_mid_stream(self):
        camera, daemon = self.start()
        camera.command("resolution a 640x360")
        wait_for(lambda: daemon.stream("a")["tracks"][0]["width"] == 640, "the new size is seen")
        self.assert_flows(daemon, "a")
        self.assertEqual(daemon.stream("a")["reconnects"], 0)

    def test_clock_jumps(self):
        camera, daemon = self.start()
        for jump in ("+10s", "-10s"):
            camera.command(f"clock-jump a {jump}")
            self.assert_flows(daemon, "a")
        self.assertEqual(daemon.stream("a")["status"], "online")

    def test_not_found_and_others_untouched(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(
            f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n  b: {{ source: '{camera.url('b')}' }}\n"
            "  c: { source: 'rtsp://127.0.0.1:1/x' }\n")
        self.assertIn("404", daemon.wait_status("b", "offline")["reason"])
        self.assertIn("refused", daemon.wait_status("c", "offline")["reason"])
        daemon.wait_status("a", "online")
        self.assert_flows(daemon, "a")
        self.assertIn("404", daemon.json("POST", "/b/whep", expected=404, body="v=0", headers={
            "Content-Type": "application/sdp"})["error"])


class Credentials(TestCase):
    def test_wrong_password_is_told_and_not_hammered(self):
        for auth in ("basic", "digest"):
            with self.subTest(auth):
                camera = self.camera("a:audio=none", options=("--auth", auth, "--user", "admin", "--password", "p@ss#1/x"))
                daemon = self.daemon("paths:\n"
                                     f"  wrong: {{ source: '{camera.url('a', 'admin:no@')}' }}\n"
                                     f"  plain: {{ source: '{camera.url('a', 'admin:p@ss#1/x@')}' }}\n"
                                     f"  coded: {{ source: '{camera.url('a', 'admin:p%40ss%231%2Fx@')}' }}\n")
                self.assertIn("401", daemon.wait_status("wrong", "offline")["reason"])
                self.assertRegex(daemon.expect(r"\[path wrong\].*trying again in (\d+)").group(1), r"^(4[89]|[5-7]\d)$")
                daemon.wait_status("plain", "online")
                daemon.wait_status("coded", "online")


class OnDemand(TestCase):
    def test_reader_starts_and_the_last_one_stops_it(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon("hlsMuxerCloseAfter: 1s\npaths:\n  a:\n    sourceOnDemand: yes\n"
                             f"    sourceOnDemandCloseAfter: 1s\n    source: '{camera.url('a')}'\n")
        self.assertEqual(daemon.stream("a")["status"], "stopped")
        status, _, body = daemon.request("GET", "/a/index.m3u8")
        self.assertEqual(status, 200, body)
        self.assertEqual(daemon.stream("a")["status"], "online")
        daemon.wait_status("a", "stopped", 60)

    def test_start_timeout_names_the_reason(self):
        daemon = self.daemon("paths:\n  a:\n    sourceOnDemand: yes\n    sourceOnDemandStartTimeout: 1s\n"
                             "    source: rtsp://127.0.0.1:1/x\n")
        error = daemon.json("GET", "/a/index.m3u8", expected=404)["error"]
        self.assertIn("refused", error)

    def test_max_readers(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}', maxReaders: 1 }}\n")
        daemon.wait_status("a", "online")
        self.assertEqual(daemon.request("GET", "/a/index.m3u8")[0], 200)
        self.assertIn("maxReaders", daemon.json("GET", "/a/index.m3u8", expected=429)["error"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
