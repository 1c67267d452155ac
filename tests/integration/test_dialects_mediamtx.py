"""The client of a video management system on MediaMTX: its configuration, HLS, and what viewers get when a camera fails."""

import re
import unittest

from harness import TestCase, wait_for

GLOBAL = """\
hls: yes
hlsVariant: fmp4
hlsSegmentCount: 6
hlsSegmentDuration: 1s
hlsSegmentMaxSize: 50M
hlsMuxerCloseAfter: 30s
hlsPartDuration: 1s
rtspUDPReadBufferSize: 65536
writeQueueSize: 65536
readTimeout: 2s
"""


def path(source, name="cam_2"):
    return (f"  {name}:\n    source: {source}\n    sourceOnDemand: yes\n    sourceOnDemandStartTimeout: 10s\n"
            "    sourceOnDemandCloseAfter: 15s\n    maxReaders: 8\n    rtspTransport: tcp\n")


class MediaMtx(TestCase):

    def playlist(self, daemon):
        """The media playlist, or the status if there is none."""
        status, _, body = daemon.request("GET", "/cam_2/index.m3u8")
        if status != 200:
            return status
        name = [line for line in body.decode().splitlines() if line and not line.startswith("#")][0]
        return f"/cam_2/{name}"

    def test_the_configuration_loads_and_the_first_viewer_connects_the_camera(self):
        camera = self.camera("a:codec=h264,audio=aac,size=320x240")
        daemon = self.daemon(GLOBAL + "paths:\n" + path(camera.url("a")))
        self.assertEqual(daemon.stream("cam_2")["status"], "stopped")
        media = self.playlist(daemon)
        text = daemon.request("GET", media)[2].decode()
        self.assertIn("#EXT-X-MAP:", text)
        segment = [line for line in text.splitlines() if line and not line.startswith("#")][0]
        self.assertEqual(daemon.request("GET", f"/cam_2/{segment}")[0], 200)
        self.assertEqual(daemon.stream("cam_2")["status"], "online")

    def test_a_camera_that_cannot_be_reached_is_404(self):
        daemon = self.daemon(GLOBAL + "paths:\n" + path("rtsp://127.0.0.1:1/x").replace("Timeout: 10s", "Timeout: 1s"))
        status, _, body = daemon.request("GET", "/cam_2/index.m3u8")
        self.assertEqual(status, 404, body)
        self.assertEqual(daemon.request("GET", "/cam_3/index.m3u8")[0], 404)

    def test_wrong_credentials_are_404_and_the_log_says_why(self):
        camera = self.camera("a:audio=none,size=160x120", options=("--user", "admin", "--password", "right"))
        daemon = self.daemon(GLOBAL + "paths:\n" +
                             path(camera.url("a", "admin:wrong@")).replace("Timeout: 10s", "Timeout: 1s"))
        self.assertEqual(daemon.request("GET", "/cam_2/index.m3u8")[0], 404)
        daemon.expect(r"cam_2.*(401|[Uu]nauthori[sz]ed|credentials|password)")
        self.assertFalse(re.search("wrong", daemon.text()))

    def test_hls_goes_on_when_a_lost_camera_returns(self):
        camera = self.camera("a:audio=none,size=320x240")
        daemon = self.daemon(GLOBAL + "paths:\n" + path(camera.url("a")))
        media = self.playlist(daemon)

        def newest():
            text = daemon.request("GET", media)[2].decode()
            first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)
            return int(first.group(1)) + text.count("#EXTINF") if first else 0
        before = newest()
        camera.command("teardown a")
        wait_for(lambda: daemon.stream("cam_2")["reconnects"] >= 1, "the camera is lost and back", 30)
        wait_for(lambda: newest() >= before + 2, "the same playlist goes on", 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
