"""MPEG-TS and Matroska: files that play after a kill, are indexed, listed and found again, and are not played by time."""

import glob
import json
import os
import random
import subprocess
import time
import unittest
import urllib.parse

from harness import PATIENCE, TestCase, wait_for
from recorded_files import decode, finished_segments

EXTENSIONS = {"mpegts": "ts", "mkv": "mkv"}


def kinds(file):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return sorted(stream["codec_type"] for stream in json.loads(done.stdout)["streams"])


def shown(file):
    """Seconds from the first picture to the end of the last one."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-select_streams", "v:0", "-show_entries", "packet=pts_time", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    times = [float(packet["pts_time"]) for packet in json.loads(done.stdout)["packets"]]
    return max(times) - min(times) + 0.04


class Formats(TestCase):
    def setUp(self):
        self.folder = self.new_folder("rill-formats-")
        self.source = self.camera("a:audio=aac,gop=1s", "b:codec=h265,audio=none,gop=1s")

    def start(self, segment="3s"):
        paths = "".join(f"  {name}-{form}: {{ source: '{self.source.url(name)}', recordFormat: {form} }}\n"
                        for name in "ab" for form in EXTENSIONS)
        return self.daemon("pathDefaults:\n  record: yes\n"
                           f"  recordPath: {self.folder}/%path/%s-%f\n"
                           f"  recordPartDuration: 500ms\n  recordSegmentDuration: {segment}\npaths:\n{paths}")

    def paths(self):
        return [f"{name}-{form}" for name in "ab" for form in EXTENSIONS]

    def files(self, path="*"):
        return sorted(file for extension in EXTENSIONS.values() for file in glob.glob(f"{self.folder}/{path}/*.{extension}"))

    def rows(self):
        return finished_segments(self.folder)

    def assert_honest(self):
        rows = self.rows()
        files = {os.path.relpath(file, self.folder): file for file in self.files()}
        self.assertEqual(sorted(rows), sorted(files))
        for name, file in files.items():
            with self.subTest(file=name):
                self.assertEqual(decode(file), "")
                self.assertAlmostEqual(rows[name][1] / 1e6, shown(file), delta=0.3)

    def test_files_are_whole_and_listed_and_not_played(self):
        daemon = self.start()
        for path in self.paths():
            wait_for(lambda: len(self.files(path)) >= 3, f"files of {path}\n{daemon.text()}", 60)
        span = daemon.json("GET", "/api/v1/recordings/a-mkv")["spans"]
        self.assertEqual(len(span), 1, span)
        segments = daemon.json("GET", "/api/v1/recordings/a-mkv/segments")["segments"]
        self.assertEqual({segment["format"] for segment in segments}, {"mkv"})
        self.assertGreaterEqual(len(daemon.json("GET", "/v3/recordings/get/a-mpegts")["segments"]), 2)
        listed = daemon.json("GET", "/list?path=a-mpegts")
        self.assertEqual(len(listed), 1)
        query = urllib.parse.urlencode({"path": "a-mpegts", "start": listed[0]["start"], "duration": "2"})
        self.assertIn("mpegts", daemon.json("GET", f"/get?{query}", 404)["error"])
        daemon.stop()
        self.assert_honest()
        for path in self.paths():
            names = sorted(name for name in self.rows() if name.startswith(path + "/"))
            rows = [self.rows()[name] for name in names]
            for (start, duration, _), (following, _, _) in zip(rows, rows[1:]):
                self.assertLess(abs(start + duration - following), 100_000)
            for name in names:
                self.assertEqual("audio" in kinds(os.path.join(self.folder, name)), path.startswith("a"))

    def test_files_play_after_a_kill(self):
        for kill in range(4):
            before = set(self.files())
            daemon = self.start(segment="1h")
            wait_for(lambda: len(set(self.files()) - before) == len(self.paths()), "all are recorded", 60)
            sizes = sum(os.path.getsize(file) for file in self.files())
            enough = sizes + random.randrange(400_000, 1_200_000)
            wait_for(lambda: sum(os.path.getsize(file) for file in self.files()) >= enough, "more is recorded", 30)
            killed = time.time()
            daemon.kill()
            for file in set(self.files()) - before:
                with self.subTest(kill=kill, file=file):
                    self.assertEqual(decode(file), "")
                    start = int(os.path.splitext(os.path.basename(file))[0].replace("-", "")) / 1e6
                    # The part and the group of pictures that were running.
                    self.assertLess(killed - start - shown(file), 0.5 + 1 + 1 * PATIENCE)
        recorded = set(self.files())
        self.assertGreaterEqual(len(recorded), 4 * len(self.paths()))
        daemon = self.start(segment="1h")
        killed = {os.path.relpath(file, self.folder) for file in recorded}
        try:
            wait_for(lambda: killed <= set(self.rows()), "the index knows what was recorded", 30)
        except AssertionError as error:
            missing = killed - set(self.rows())
            raise AssertionError(f"{error}: {missing}\n{daemon.text()}") from None
        daemon.stop()
        self.assert_honest()

    def test_a_lost_index_is_made_anew(self):
        daemon = self.start()
        for path in self.paths():
            wait_for(lambda: len(self.files(path)) >= 2, f"files of {path}", 60)
        daemon.stop()
        rows = self.rows()
        for file in glob.glob(f"{self.folder}/index.rill.db*"):
            os.remove(file)
        daemon = self.start()
        wait_for(lambda: os.path.exists(f"{self.folder}/index.rill.db") and set(rows) <= set(self.rows()), "rebuilt", 30)
        daemon.stop()
        for file, (start, duration, codecs) in rows.items():
            with self.subTest(file=file):
                self.assertEqual(self.rows()[file][0], start)
                self.assertAlmostEqual(self.rows()[file][1], duration, delta=200_000)
                self.assertEqual(self.rows()[file][2], codecs)


if __name__ == "__main__":
    unittest.main(verbosity=2)
