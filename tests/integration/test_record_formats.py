"""Forms of files. MPEG-TS and Matroska: they play after a kill, are indexed, listed and found again, and are not played by
time. Sound that players do not take is AAC."""

import array
import glob
import json
import math
import os
import random
import subprocess
import unittest
import urllib.parse

from harness import PATIENCE, TestCase, wait_for
from recorded_files import decode, finished_segments

EXTENSIONS = {"mpegts": "ts", "mkv": "mkv"}
FPS = 25  # the camera's
PART, GOP = 0.5, 1


def kinds(file):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return sorted(stream["codec_type"] for stream in json.loads(done.stdout)["streams"])


def pictures(file):
    """The times at which they are shown, in the order of the file."""
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-select_streams", "v:0", "-show_entries", "packet=pts_time", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return [float(packet["pts_time"]) for packet in json.loads(done.stdout)["packets"]]


def shown(file):
    """Seconds from the first picture to the end of the last one."""
    times = pictures(file)
    return max(times) - min(times) + 1 / FPS


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
            # It counts from the keyframe on with which the file begins.
            arrived = {path: self.frames(daemon, path) for path in self.paths()}
            daemon.kill()
            for file in set(self.files()) - before:
                with self.subTest(kill=kill, file=file):
                    self.assertEqual(decode(file), "")
                    # The part that ran, the group of pictures before it, which splitmuxsink hands out as a whole, and the
                    # part before that, which ends with the next one's first byte. One more may be on its way to the disk.
                    lost = arrived[os.path.basename(os.path.dirname(file))] - len(pictures(file))
                    self.assertLess(lost, (PART + GOP + PART + PART) * FPS)
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


RATE = 8000
WINDOW = RATE // 100  # 10 ms


def streams(file):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", file],
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    return {stream["codec_type"]: stream for stream in json.loads(done.stdout)["streams"]}


def decoded(file, *arguments):
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-copyts", "-i", file, *arguments, "-"],
                          capture_output=True, timeout=60 * PATIENCE, check=True).stdout


def strength(sound, hertz):
    """The amplitude of a sine of this frequency in it."""
    turn = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(turn * at) for at, sample in enumerate(sound))
    imaginary = sum(sample * math.sin(turn * at) for at, sample in enumerate(sound))
    return 2 * math.hypot(real, imaginary) / len(sound)


def onsets(levels, step, start):
    """Times at which what is off for a while goes on, in seconds."""
    loud = (min(levels) + max(levels)) / 2
    return [start + at * step for at in range(3, len(levels))
            if levels[at] > loud and all(level <= loud for level in levels[at - 3:at])]


def samples(file):
    return array.array("h", decoded(file, "-map", "a:0", "-ac", "1", "-ar", str(RATE), "-f", "s16le"))


def beeps(file):
    sound = samples(file)
    levels = [strength(sound[at:at + WINDOW], 1000) for at in range(0, len(sound) - WINDOW, WINDOW)]
    return onsets(levels, WINDOW / RATE, float(streams(file)["audio"]["start_time"]))


def flashes(file, width, height):
    """Of the white box that goes with the beep (apps/camera)."""
    box = height // 8
    picture = f"crop={box // 2}:{box // 2}:{width - 2 * box + box // 4}:{height // 4 + box // 4},scale=1:1,format=gray"
    levels = decoded(file, "-map", "v:0", "-vf", picture, "-fps_mode", "passthrough", "-f", "rawvideo")
    return onsets(list(levels), 0.04, float(streams(file)["video"]["start_time"]))


class Sound(TestCase):
    """What players do not take out of a kind of file is recorded as AAC."""

    PATHS = {"g-fmp4": "aac", "g-mpegts": "aac", "g-mkv": "pcm_alaw", "o-fmp4": "opus", "o-mpegts": "aac"}

    def setUp(self):
        self.folder = self.new_folder("rill-sound-")

    def files(self, path):
        return sorted(file for file in glob.glob(f"{self.folder}/{path}/*") if not file.endswith(".part"))

    def recorded(self, path):
        return sum(row[1] for file, row in finished_segments(self.folder).items() if file.startswith(path + "/")) / 1e6

    def test_it_is_of_the_first_file_on_and_in_time_with_the_picture(self):
        size = {"g": (320, 240), "o": (160, 120)}
        source = self.camera("g:audio=pcma,gop=1s,size=320x240", "o:audio=opus,gop=1s,size=160x120")
        daemon = self.daemon(f"pathDefaults:\n  record: yes\n  recordPath: {self.folder}/%path/%s-%f\n"
                             "  recordSegmentDuration: 4s\npaths:\n" + "".join(
                                 f"  {path}: {{ source: '{source.url(path[0])}', recordFormat: {path[2:]} }}\n" for path in self.PATHS))
        for path in self.PATHS:
            wait_for(lambda: self.recorded(path) >= 8, f"files of {path}\n{daemon.text()}", 60)
        with self.subTest("AAC is in /get and in HLS"):
            start = daemon.json("GET", "/list?path=g-fmp4")[0]["start"]
            query = urllib.parse.urlencode({"path": "g-fmp4", "start": start, "duration": "6"})
            status, _, joined = daemon.request("GET", f"/get?{query}")
            self.assertEqual(status, 200)
            with open(f"{self.folder}/joined.mp4", "wb") as file:
                file.write(joined)
            self.assertEqual(streams(file.name)["audio"]["codec_name"], "aac")
            query = urllib.parse.urlencode({"start": start, "duration": "6"})
            playlist = f"http://127.0.0.1:{daemon.port}/g-fmp4/index.m3u8?{query}"
            self.assertEqual(streams(playlist)["audio"]["codec_name"], "aac")
        daemon.stop()
        for path, codec in self.PATHS.items():
            for file in self.files(path):
                with self.subTest(file=file):
                    self.assertEqual(decode(file), "")
                    self.assertEqual(streams(file)["audio"]["codec_name"], codec)
            with self.subTest(path=path):
                file = self.files(path)[1]
                heard, seen = beeps(file), flashes(file, *size[path[0]])
                self.assertGreaterEqual(len(seen), 3)
                for flash in seen[1:-1]:
                    self.assertLess(min(abs(beep - flash) for beep in heard), 0.1)
                second = samples(file)[RATE:2 * RATE]
                self.assertGreater(strength(second, 220), 10 * strength(second, 230))


if __name__ == "__main__":
    unittest.main(verbosity=2)
