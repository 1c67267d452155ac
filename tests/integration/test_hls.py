"""HLS from the daemon, read as a player does and decoded by ffmpeg."""

import contextlib
import os
import re
import subprocess
import unittest

from harness import PATIENCE, TestCase, wait_for


def media_playlist(daemon, path):
    """URL of the media playlist below the multivariant one."""
    status, headers, body = daemon.request("GET", f"/{path}/index.m3u8")
    assert status == 200, (status, body, daemon.text())
    assert headers["content-type"] == "application/vnd.apple.mpegurl", headers
    return f"/{path}/" + [line for line in body.decode().splitlines() if line and not line.startswith("#")][0], body.decode()


def decode(daemon, url, seconds):
    """ffmpeg's complaints while it plays. A camera on a busy machine sends unevenly: its pictures keep their times here, where
    ffmpeg would count them into frames of one length and complain of two at once."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", f"http://127.0.0.1:{daemon.port}{url}", "-t", str(seconds),
                           "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"], capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
    return done.returncode, done.stderr


class Hls(TestCase):
    def start(self, spec, config=""):
        camera = self.camera(spec)
        daemon = self.daemon(f"{config}readTimeout: 3s\npaths:\n  a: {{ source: '{camera.url('a')}' }}\n")
        daemon.wait_status("a", "online")
        return camera, daemon

    def test_every_variant_decodes(self):
        for variant in ("lowLatency", "fmp4", "mpegts"):
            with self.subTest(variant):
                camera, daemon = self.start("a:audio=aac", f"hlsVariant: {variant}\n")
                url, _ = media_playlist(daemon, "a")
                code, complaints = decode(daemon, url, 3)
                self.assertEqual((code, complaints), (0, ""))
                daemon.stop()
                camera.stop(None)

    def test_segments_on_disk_decode(self):
        for variant in ("lowLatency", "mpegts"):
            with self.subTest(variant):
                folder = self.new_folder("rill-hls-")
                camera, daemon = self.start("a:audio=aac", f"hlsVariant: {variant}\nhlsDirectory: {folder}\n")
                url, _ = media_playlist(daemon, "a")
                files = f"/proc/{daemon.child.pid}/fd"

                def stored():
                    count = 0
                    for name in os.listdir(files):
                        with contextlib.suppress(FileNotFoundError):
                            count += os.readlink(f"{files}/{name}").startswith(folder)
                    return count

                wait_for(lambda: stored() > 2, "segments on disk")
                code, complaints = decode(daemon, url, 3)
                self.assertEqual((code, complaints), (0, ""))
                self.assertEqual(os.listdir(folder), [])
                daemon.stop()
                camera.stop(None)

    def test_low_latency_playlist(self):
        _, daemon = self.start("a:audio=aac")
        url, multivariant = media_playlist(daemon, "a")
        self.assertIn("RESOLUTION=1280x720", multivariant)
        self.assertRegex(multivariant, r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"')
        first = daemon.request("GET", url)[2].decode()
        self.assertIn("CAN-BLOCK-RELOAD=YES", first)
        self.assertIn("#EXT-X-PROGRAM-DATE-TIME:", first)
        target = float(re.search(r"PART-TARGET=([\d.]+)", first).group(1))
        hold_back = float(re.search(r"PART-HOLD-BACK=([\d.]+)", first).group(1))
        self.assertGreaterEqual(round(hold_back, 3), round(3 * target, 3))
        # A blocking reload is answered with the part that was asked for, and not before.
        sequence = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", first).group(1))
        segments = first.count("#EXTINF")
        joint = "&" if "?" in url else "?"
        later = daemon.request("GET", f"{url}{joint}_HLS_msn={sequence + segments + 1}")[2].decode()
        self.assertGreaterEqual(int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", later).group(1)) + later.count("#EXTINF"),
                                sequence + segments + 2)
        self.assertEqual(re.search(r"PART-TARGET=([\d.]+)", later).group(1), re.search(r"PART-TARGET=([\d.]+)", first).group(1))

    def test_headers_and_errors(self):
        _, daemon = self.start("a:audio=none")
        url, _ = media_playlist(daemon, "a")
        playlist = daemon.request("GET", url)[2].decode()
        init = "/a/" + re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist).group(1)
        status, headers, body = daemon.request("GET", init, headers={"Origin": "https://example.org"})
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "video/mp4")
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertIn("max-age", headers["cache-control"])
        self.assertEqual(body[4:8], b"ftyp")
        status, headers, part = daemon.request("GET", init, headers={"Range": "bytes=4-7"})
        self.assertEqual((status, part), (206, b"ftyp"))
        self.assertEqual(daemon.request("OPTIONS", "/a/index.m3u8")[0], 204)
        self.assertEqual(daemon.request("GET", "/a/nothing.mp4")[0], 404)
        self.assertEqual(daemon.request("POST", "/a/index.m3u8")[0], 405)
        self.assertEqual(daemon.request("GET", "/none/index.m3u8")[0], 404)

    def test_reconnect_and_new_size_are_a_discontinuity(self):
        camera, daemon = self.start("a:audio=none", "hlsSegmentCount: 20\n")
        url, _ = media_playlist(daemon, "a")

        def playlist():
            return daemon.request("GET", url)[2].decode()

        wait_for(lambda: playlist().count("#EXTINF") > 5, "some segments")
        camera.command("resolution a 640x360")
        camera.command("drop a")
        changed = wait_for(lambda: (p := playlist()).count("#EXT-X-MAP:") >= 2 and p, "a second init segment")
        self.assertIn("#EXT-X-DISCONTINUITY\n", changed)
        code, complaints = decode(daemon, url, 5)
        self.assertEqual(code, 0, complaints)


if __name__ == "__main__":
    unittest.main(verbosity=2)
