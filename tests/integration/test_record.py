"""Recording: what is in the files and in the index, whatever happens to cameras, clocks, disks and the process."""

import glob
import json
import os
import random
import shutil
import subprocess
import unittest

from harness import PATIENCE, TestCase, wait_for
from recorded_files import decode, finished_segments

PART = 1.0
FPS = 25  # the camera's


def probe(file):
    """Streams and format as ffprobe tells them."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return json.loads(done.stdout)


def packets(file, stream="v:0"):
    """Times and flags of a stream's packets, in the order of the file."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-select_streams", stream, "-show_entries",
                           "packet=pts_time,dts_time,flags", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return json.loads(done.stdout)["packets"]


class RecordTestCase(TestCase):
    def setUp(self):
        self.folder = self.new_folder("rill-record-")

    def config(self, paths, **options):
        settings = {"recordPath": f"{self.folder}/%path/%s-%f", "recordPartDuration": f"{int(PART * 1000)}ms",
                    "recordSegmentDuration": "5s", **options}
        return ("pathDefaults:\n  record: yes\n" + "".join(f"  {k}: {v}\n" for k, v in settings.items()) +
                "paths:\n" + "".join(f"  {name}: {{ source: '{url}' }}\n" for name, url in paths.items()))

    def files(self, path="*"):
        return sorted(glob.glob(f"{self.folder}/{path}/*.mp4"))

    def wait_recorded(self, path, seconds, daemon=None):
        """Until so much was written of a path, by the sizes that its files have."""
        def recorded():
            total = 0.0
            for file in self.files(path):
                try:
                    total += float(probe(file)["format"].get("duration", 0))
                except (subprocess.CalledProcessError, ValueError):
                    return False
            return total >= seconds
        wait_for(recorded, f"{seconds} s of {path} recorded" + (f"\n{daemon.text()}" if daemon else ""), 60)

    def rows(self):
        return finished_segments(self.folder)

    def assert_honest(self):
        """Each file decodes, and is in the index with its duration; nothing else is."""
        rows = self.rows()
        files = {os.path.relpath(file, self.folder): file for file in self.files()}
        self.assertEqual(sorted(rows), sorted(files))
        self.assertEqual(glob.glob(f"{self.folder}/*/*.part"), [])
        for name, file in files.items():
            with self.subTest(file=name):
                self.assertEqual(decode(file), "")
                # Sound may end a little sooner or later than the picture, which leads.
                times = [float(packet["dts_time"]) for packet in packets(file)]
                self.assertAlmostEqual(rows[name][1] / 1e6, times[-1] - times[0] + 0.04, delta=0.1)
                self.assertEqual(rows[name][0], int(os.path.basename(name)[:-4].replace("-", "")))


class Files(RecordTestCase):
    def test_cameras_are_recorded(self):
        specs = {"a": "codec=h264,audio=aac", "b": "codec=h264,audio=pcmu", "c": "codec=h265,audio=opus", "d": "audio=none,gop=4s"}
        camera = self.camera(*(f"{name}:{spec}" for name, spec in specs.items()))
        daemon = self.daemon(self.config({name: camera.url(name) for name in specs}))
        for name in specs:
            self.wait_recorded(name, 12, daemon)
        daemon.stop()
        self.assert_honest()
        codecs = {name: sorted(s["codec_name"] for s in probe(self.files(name)[0])["streams"]) for name in specs}
        self.assertEqual(codecs, {"a": ["aac", "h264"], "b": ["aac", "h264"], "c": ["hevc", "opus"], "d": ["h264"]})
        for name in specs:
            with self.subTest(path=name):
                rows = sorted(row for file, row in self.rows().items() if file.startswith(name + "/"))
                self.assertGreaterEqual(len(rows), 2)
                # One ends where the next begins, and begins with a keyframe.
                for (start, duration, _), (following, _, _) in zip(rows, rows[1:]):
                    self.assertLess(abs(start + duration - following), 100_000)
                for file in self.files(name):
                    self.assertIn("K", packets(file)[0]["flags"])


class Stalled(RecordTestCase):
    def test_what_is_only_late_keeps_its_time(self):
        specs = {"a": "audio=aac", "b": "audio=none,bframes=2", "c": "codec=h265,audio=none,bframes=2"}
        camera = self.camera(*(f"{name}:{spec}" for name, spec in specs.items()))
        daemon = self.daemon(self.config({name: camera.url(name) for name in specs}))
        for recorded, process in ((2, camera), (4, daemon), (6, camera), (8, daemon)):
            for name in specs:
                self.wait_recorded(name, recorded, daemon)
            process.stall(0.8)
        for name in specs:
            self.wait_recorded(name, 12, daemon)
        daemon.stop()
        self.assert_honest()
        for name in specs:
            times = sorted(start / 1e6 + float(packet["pts_time"]) for file, (start, _, _) in self.rows().items()
                           if file.startswith(name + "/") for packet in packets(f"{self.folder}/{file}"))
            with self.subTest(path=name):
                # Sound moves the picture a little when the camera has told how they belong together. The end may be in
                # the midst of B-frames.
                distances = [later - time for time, later in zip(times, times[1:-2])]
                self.assertEqual([d for d in distances if abs(d - 1 / FPS) > 0.03], [])


class Killed(RecordTestCase):
    def test_a_kill_loses_the_running_part_at_most(self):
        camera = self.camera("a:audio=aac", "b:audio=none,gop=4s")
        config = self.config({name: camera.url(name) for name in "ab"})
        for kill in range(20):
            daemon = self.daemon(config)
            before = set(self.files())
            wait_for(lambda: {os.path.dirname(f) for f in set(self.files()) - before} == {f"{self.folder}/{n}" for n in "ab"},
                     "both are recorded", 30)
            # The moment: any, within a part.
            enough = self.frames(daemon, "a") + random.randrange(int(PART * FPS))
            wait_for(lambda: self.frames(daemon, "a") >= enough, "more arrives", 30)
            # It counts from the keyframe on with which the first file begins.
            arrived = {name: self.frames(daemon, name) for name in "ab"}
            daemon.kill()
            for name in "ab":
                files = set(self.files(name)) - before
                with self.subTest(kill=kill, path=name):
                    self.assertEqual([decode(file) for file in files], [""] * len(files))
                    lost = arrived[name] - sum(len(packets(file)) for file in files)
                    # The running part, and the one before, which may be on its way to the disk.
                    self.assertLess(lost, 2 * PART * FPS)
        # What was begun is finished at the next start.
        daemon = self.daemon(config)
        wait_for(lambda: len(self.rows()) >= 40, "the index knows what was recorded", 30)
        daemon.stop()
        self.assert_honest()

    def test_a_lost_index_is_made_anew(self):
        camera = self.camera("a:audio=aac")
        config = self.config({"a": camera.url("a")}, recordSegmentDuration="2s")
        daemon = self.daemon(config)
        self.wait_recorded("a", 5, daemon)
        daemon.stop()
        rows = self.rows()
        for file in glob.glob(f"{self.folder}/index.rill.db*"):
            os.remove(file)
        daemon = self.daemon(config)
        wait_for(lambda: os.path.exists(f"{self.folder}/index.rill.db") and set(rows) <= set(self.rows()), "rebuilt", 30)
        daemon.stop()
        for file, (start, duration, _) in rows.items():
            self.assertEqual(self.rows()[file][0], start)
            self.assertAlmostEqual(self.rows()[file][1], duration, delta=20_000)
        self.assert_honest()


class Changes(RecordTestCase):
    def test_a_camera_that_changes(self):
        camera = self.camera("a:codec=h264,audio=aac")
        daemon = self.daemon(self.config({"a": camera.url("a")}, recordSegmentDuration="20s"))
        self.wait_recorded("a", 2, daemon)
        camera.command("resolution a 640x360")
        wait_for(lambda: len(self.files("a")) >= 2, "a new file for the new size", 30)
        self.wait_recorded("a", 5, daemon)
        camera.command("drop a")
        wait_for(lambda: len(self.files("a")) >= 3, "a new file after the gap", 60)
        self.wait_recorded("a", 8, daemon)
        daemon.stop()
        self.assert_honest()
        sizes = [next((s["width"], s["height"]) for s in probe(f)["streams"] if s["codec_type"] == "video") for f in self.files("a")]
        self.assertIn((1280, 720), sizes)
        self.assertIn((640, 360), sizes)


    def test_a_camera_that_loses_its_sound_and_jumps(self):
        camera = self.camera("a:codec=h264,audio=aac")
        daemon = self.daemon(self.config({"a": camera.url("a")}, recordSegmentDuration="4s"))
        self.wait_recorded("a", 2, daemon)
        camera.command("silent-audio a on")
        self.wait_recorded("a", 10, daemon)
        camera.command("silent-audio a off")
        camera.command("clock-jump a +10s")
        self.wait_recorded("a", 18, daemon)
        daemon.stop()
        self.assert_honest()
        # The picture goes on through all of it: each file has a frame every 40 ms.
        for file in self.files("a"):
            times = [float(packet["dts_time"]) for packet in packets(file)]
            with self.subTest(file=file):
                self.assertLess(max(b - a for a, b in zip(times, times[1:])), 1.0)


class Disk(RecordTestCase):
    def recorder(self, daemon):
        return next(sink for sink in daemon.stream("a")["sinks"] if sink["id"] == "record")

    def test_a_full_disk_pauses_recording_and_nothing_else(self):
        camera = self.camera("a:audio=aac")
        daemon = self.daemon(self.config({"a": camera.url("a")}, recordSegmentDuration="2s", recordMinFree="0"),
                             disk=(self.folder, 40))
        folder = daemon.inside(self.folder)
        recorded = lambda: sorted(glob.glob(f"{folder}/a/*.mp4"))
        wait_for(lambda: len(recorded()) >= 2, "files", 30)
        with open(f"{folder}/ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(1 << 16))
            except OSError:
                pass
        paused = wait_for(lambda: (s := self.recorder(daemon)) and s["reason"] and s, "the alarm", 60)
        self.assertRegex(paused["reason"], "full|space")
        self.assert_flows(daemon, "a")
        self.assertEqual(daemon.stream("a")["status"], "online")
        full = len(recorded())
        os.remove(f"{folder}/ballast")
        wait_for(lambda: len(recorded()) >= full + 2 and self.recorder(daemon)["running"], "recording goes on", 60)
        self.assertEqual(self.recorder(daemon)["reason"], "")
        for file in recorded()[:-1]:
            self.assertEqual(decode(file), "")

    def test_a_full_disk_loses_its_oldest_files(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(self.config({"a": camera.url("a")}, recordSegmentDuration="1s", recordMinFree="30M"),
                             disk=(self.folder, 34))
        folder = daemon.inside(self.folder)
        recorded = lambda: sorted(glob.glob(f"{folder}/a/*.mp4"))
        first = wait_for(lambda: recorded(), "a file", 30)[0]
        wait_for(lambda: not os.path.exists(first), "the oldest file goes", 90)
        wait_for(lambda: len(recorded()) >= 2, "recording goes on", 30)
        self.assertTrue(self.recorder(daemon)["running"])

    def test_a_folder_that_disappears(self):
        camera = self.camera("a:audio=none")
        daemon = self.daemon(self.config({"a": camera.url("a")}, recordSegmentDuration="1h"))
        self.wait_recorded("a", 2, daemon)
        shutil.rmtree(self.folder)
        self.wait_recorded("a", 2, daemon)
        daemon.stop()
        self.assert_honest()


if __name__ == "__main__":
    unittest.main(verbosity=2)
