"""Variants of a camera's picture over HLS, made by real decoders and encoders while somebody watches them."""

import json
import re
import subprocess
import unittest

from harness import PATIENCE, TestCase, wait_for

LOW, BASELINE = "360p", "h264"


def variants(daemon, path):
    """The multivariant playlist's entries in their order: attributes and URL."""
    status, _, body = daemon.request("GET", f"/{path}/index.m3u8")
    assert status == 200, (status, body, daemon.text())
    entries = re.findall(r"#EXT-X-STREAM-INF:(.*)\n(.*)\n", body.decode())
    return [(dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^",]*)', attributes)), f"/{path}/{uri}") for attributes, uri in entries]


def decode(daemon, url, pictures):
    """How many pictures ffmpeg decodes, up to so many, their size as "480x360", and its complaints."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-live_start_index", "-1", "-i", f"http://127.0.0.1:{daemon.port}{url}",
                           "-map", "0:v", "-frames:v", str(pictures), "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "framehash", "-"],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
    lines = done.stdout.splitlines()
    size = next((line.split(": ")[1] for line in lines if line.startswith("#dimensions 0")), "")
    return len([line for line in lines if not line.startswith("#")]), size, done.stderr


def init_segment(daemon, url):
    playlist = daemon.request("GET", url)[2].decode()
    return daemon.request("GET", "/a/" + re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist).group(1))[2]


class Renditions(TestCase):
    def start(self, spec, config=""):
        camera = self.camera(spec)
        daemon = self.daemon(f"hlsRenditions: [360p]\n{config}paths:\n  a: {{ source: '{camera.url('a')}' }}\n")
        daemon.wait_status("a", "online")
        return camera, daemon

    def made(self, daemon):
        return sorted(each["name"] for each in daemon.stream("a")["renditions"] if each["name"].startswith("H264"))

    def test_h265_has_h264_variants_on_demand(self):
        for variant in ("lowLatency", "fmp4"):
            with self.subTest(variant):
                camera, daemon = self.start("a:codec=h265,size=640x480,audio=pcmu,gop=1s", f"hlsVariant: {variant}\n")
                offered = variants(daemon, "a")
                self.assertEqual([url.split("_")[1].split(".")[0] for _, url in offered], ["stream", BASELINE, LOW])
                self.assertEqual([attributes["RESOLUTION"] for attributes, _ in offered], ["640x480", "640x480", "480x360"])
                self.assertEqual(self.made(daemon), [])
                for (attributes, url), size in zip(offered[1:], ("640x480", "480x360")):
                    init = init_segment(daemon, url)
                    self.assertIn(b"mp4a", init)
                    # Profile, constraints and level: of the latter the encoder keeps below what was announced.
                    made = init[init.index(b"avcC") + 5:][:3].hex()
                    announced = attributes["CODECS"].strip('"').removeprefix("avc1.").split(",")[0]
                    self.assertEqual(made[:4], announced[:4])
                    self.assertLessEqual(made, announced)
                    self.assertEqual(decode(daemon, url, 20), (20, size, ""))
                    self.check_bandwidth(daemon, url, int(attributes["BANDWIDTH"]))
                self.assertLessEqual(len(self.made(daemon)), 2)
                wait_for(lambda: self.made(daemon) == [], "the end of what nobody watches", timeout=60)
                self.assertEqual(daemon.request("GET", offered[0][1])[0], 200)
                daemon.stop()
                camera.stop(None)

    def check_bandwidth(self, daemon, url, most):
        playlist = daemon.request("GET", url)[2].decode()
        for duration, uri in re.findall(r"#EXTINF:([\d.]+),\n(.*)\n", playlist):
            status, _, body = daemon.request("GET", f"/a/{uri}")
            if status == 200:
                self.assertLessEqual(8 * len(body) / float(duration), most)

    def test_variants_have_one_time_line(self):
        _, daemon = self.start("a:codec=h264,size=640x480,audio=none,gop=1s")
        (_, own), (_, low) = variants(daemon, "a")
        texts = [daemon.request("GET", url)[2].decode() for url in (low, own)]
        targets = [re.search(r"#EXT-X-TARGETDURATION:\d+|PART-TARGET=[\d.]+", text).group() for text in texts]
        self.assertEqual(targets[0], targets[1])
        # Decode times in the fragments (tfdt) less the date of the segment are the same.
        offsets = []
        for text in texts:
            date, part = re.search(r'#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXT-X-PART:[^\n]*URI="([^"]+)"', text).groups()
            body = daemon.request("GET", f"/a/{part}")[2]
            at = body.index(b"tfdt")
            seconds = [float(field) for field in re.split("[:TZ]", date)[1:4]]
            day = seconds[0] * 3600 + seconds[1] * 60 + seconds[2]
            offsets.append((day - int.from_bytes(body[at + 8:at + 16], "big") / 90000) % 86400)
        self.assertAlmostEqual(offsets[0], offsets[1], delta=0.1)

    def test_no_encoder_left(self):
        _, daemon = self.start("a:codec=h265,size=640x480,audio=none,gop=1s", "maxTranscodes: 1\n")
        (_, own), (_, baseline), (_, low) = variants(daemon, "a")
        self.assertEqual(daemon.request("GET", baseline)[0], 200)
        status, headers, body = daemon.request("GET", low)
        self.assertEqual(status, 503)
        self.assertIn("maxTranscodes", json.loads(body)["error"])
        self.assertEqual(headers["retry-after"], "5")
        for url in (own, baseline):
            self.assertEqual(daemon.request("GET", url)[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
