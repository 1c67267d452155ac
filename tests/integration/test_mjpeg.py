"""Cameras that send Motion JPEG with LPCM or G.722: what the API says of them, pictures for programs, recordings, viewers in browsers."""

import glob
import json
import subprocess
import unittest

from harness import PATIENCE, TestCase, wait_for
from recorded_files import decode, finished_segments
from test_offers import play


def streams(file):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", file], capture_output=True, text=True,
                          timeout=60 * PATIENCE, check=True)
    return [stream["codec_name"] for stream in json.loads(done.stdout)["streams"]]


class MotionJpeg(TestCase):
    def setUp(self):
        self.camera_process = self.camera("lpcm:codec=mjpeg,size=320x240,fps=10,audio=lpcm", "g722:codec=mjpeg,size=320x240,fps=10,audio=g722")

    def start(self, paths, settings=""):
        return self.daemon(settings + "paths:\n" + "".join(
            f"  {path}: {{ source: '{self.camera_process.url(camera)}', {more} }}\n" for path, camera, more in paths))

    def test_tracks_and_pictures(self):
        daemon = self.start([("a", "lpcm", "webrtc: yes"), ("b", "g722", "webrtc: yes")])
        for path, sound, rate in (("a", "LPCM", 48000), ("b", "G722", 16000)):
            daemon.wait_status(path, "online")
            tracks = daemon.stream(path)["tracks"]
            self.assertEqual([track["codec"] for track in tracks], ["M-JPEG", sound])
            self.assertEqual((tracks[0]["width"], tracks[0]["height"], tracks[1]["sampleRate"]), (320, 240, rate))
            status, _, picture = daemon.request("GET", f"/api/v1/streams/{path}/snapshot.jpg")
            self.assertEqual(status, 200, picture[:300])
            gray = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                                  input=picture, capture_output=True, timeout=60 * PATIENCE, check=True).stdout
            self.assertEqual(len(gray), 320 * 240)
            # The strip at the top edge has white and black cells.
            self.assertGreater(max(gray[:320]) - min(gray[:320]), 200)

    def test_browsers(self):
        daemon = self.start([("a", "lpcm", "webrtc: yes"), ("b", "g722", "webrtc: yes")])
        for path, browser in (("a", "chromium"), ("b", "firefox")):
            daemon.wait_status(path, "online")
            code, report = play(browser, f"http://127.0.0.1:{daemon.port}/{path}/whep")
            self.assertEqual(code, 0, f"{report}\n{daemon.text()}")
            video, audio = report["video"], report["audio"]
            self.assertEqual((video["codec"], video["width"], video["height"], audio["codec"]), ("H264", 320, 240, "OPUS"))
            self.assertGreater(video["luma_deviation"], 20, "the picture shows something")
            self.assertGreater(audio["loudest"], 0.1, "the beep is heard")

    def test_recordings(self):
        folder = self.new_folder("rill-mjpeg-")
        daemon = self.start([("mp4", "lpcm", "recordFormat: fmp4"), ("mkv", "g722", "recordFormat: mkv"), ("ts", "lpcm", "recordFormat: mpegts")],
                            f"pathDefaults:\n  record: yes\n  recordPath: {folder}/%path/%s-%f\n  recordPartDuration: 500ms\n"
                            "  recordSegmentDuration: 2s\n")
        for path in ("mp4", "mkv"):
            wait_for(lambda: len(glob.glob(f"{folder}/{path}/*")) >= 2, f"files of {path}\n{daemon.text()}", 60)
        daemon.expect("MPEG-TS has no M-JPEG; recordFormat fmp4 and mkv have it")
        span = daemon.json("GET", "/api/v1/recordings/mp4")["spans"][0]
        status, headers, body = daemon.request("GET", f"/api/v1/streams/mp4/preview.jpg?time={span['start']}&width=160")
        self.assertEqual((status, headers["content-type"]), (200, "image/jpeg"), body[:300])
        daemon.stop()
        rows = finished_segments(folder)
        for path in ("mp4", "mkv"):
            names = [name for name in rows if name.startswith(path + "/")]
            self.assertTrue(names)
            for name in names:
                self.assertEqual(streams(f"{folder}/{name}"), ["mjpeg", "aac"])
                self.assertEqual(decode(f"{folder}/{name}"), "")
                self.assertEqual(rows[name][2], "mp4v.6C,mp4a.40.2")
        self.assertEqual(glob.glob(f"{folder}/ts/*"), [])


if __name__ == "__main__":
    unittest.main()
