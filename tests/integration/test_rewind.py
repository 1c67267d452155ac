"""Recordings as HLS: what ffmpeg makes of playlists while a real camera is recorded."""

import datetime
import os
import re
import subprocess
import unittest
import urllib.parse

from harness import PATIENCE, TestCase, wait_for

PICTURES_A_SECOND = 25


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ffmpeg(*arguments):
    """What ffmpeg complains of while it decodes all pictures, and how many there were."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", *arguments, "-map", "0:v", "-fps_mode", "passthrough",
                           "-enc_time_base", "-1", "-progress", "-", "-nostats", "-f", "null", "/dev/null"],
                          capture_output=True, text=True, timeout=180 * PATIENCE, check=False)
    frames = re.findall(r"^frame=(\d+)", done.stdout, re.MULTILINE)
    return done.stderr.strip(), int(frames[-1]) if frames else 0


class Playlist:
    def __init__(self, body):
        self.text = body
        self.segments = []  # (uri, duration, discontinuity, map)
        duration, discontinuity, formats = 0.0, False, None
        for line in body.splitlines():
            if line == "#EXT-X-DISCONTINUITY":
                discontinuity = True
            elif line.startswith("#EXT-X-MAP:URI="):
                formats = line.split('"')[1]
            elif line.startswith("#EXTINF:"):
                duration = float(line[8:].rstrip(","))
            elif line and not line.startswith("#"):
                self.segments.append((line, duration, discontinuity, formats))
                discontinuity = False

    def seconds(self):
        return sum(segment[1] for segment in self.segments)


class Rewind(TestCase):
    """One camera, recorded in files of three seconds."""

    def setUp(self):
        self.folder = self.new_folder("rill-rewind-")
        self.source = self.camera("a:audio=aac,gop=1s")
        self.begin = now()
        self.server = self.daemon("pathDefaults:\n  record: yes\n"
                                  f"  recordPath: {self.folder}/%path/%s-%f\n"
                                  "  recordPartDuration: 200ms\n  recordSegmentDuration: 3s\n"
                                  f"paths:\n  site/a: {{ source: '{self.source.url('a')}', hlsRewindWindow: 1h }}\n")

    def url(self, **query):
        return f"/site/a/index.m3u8?{urllib.parse.urlencode(query)}"

    def http(self, url):
        return f"http://127.0.0.1:{self.server.port}{url}"

    def playlist(self, **query):
        status, _, body = self.server.request("GET", self.url(**query))
        self.assertEqual(status, 200, body)
        return Playlist(body.decode())

    def recorded(self, since=None):
        status, _, body = self.server.request("GET", self.url(start=text(since or self.begin), end=text(now())))
        return Playlist(body.decode()).seconds() if status == 200 else 0

    def wait_recorded(self, seconds, since=None):
        wait_for(lambda: self.recorded(since) >= seconds, f"{seconds} s are recorded\n{self.server.text()}", 90)

    def chains(self, playlist):
        """The segments between discontinuities, each as a file with its formats."""
        chains = []
        for uri, _, discontinuity, formats in playlist.segments:
            if discontinuity or not chains:
                chains.append(self.server.request("GET", f"/site/a/{formats}")[2])
            chains[-1] += self.server.request("GET", f"/site/a/{uri}")[2]
        files = []
        for number, content in enumerate(chains):
            files.append(os.path.join(self.folder, f"chain{number}.mp4"))
            with open(files[-1], "wb") as file:
                file.write(content)
        return files

    def test_a_recording_with_a_gap_plays_as_vod(self):
        self.wait_recorded(6)
        self.source.command("refuse a")
        self.source.command("drop a")
        self.server.wait_status("site/a", "offline", 60)
        # Less than two seconds are no gap.
        lost = now()
        wait_for(lambda: now() - lost > datetime.timedelta(seconds=3), "the outage", 10)
        self.source.command("accept a")
        again = now()
        self.wait_recorded(4, again)
        # All of it is stored: what is asked for twice is the same.
        end = text(again + datetime.timedelta(seconds=3))
        playlist = self.playlist(start=text(self.begin), end=end)
        self.assertIn("#EXT-X-PLAYLIST-TYPE:VOD", playlist.text)
        self.assertIn("#EXT-X-ENDLIST", playlist.text)
        self.assertGreaterEqual(sum(segment[2] for segment in playlist.segments), 1)
        complaints, frames = ffmpeg("-i", self.http(self.url(start=text(self.begin), end=end)))
        self.assertEqual(complaints, "")
        # All that is stored, and in its time: cameras' clocks are followed slowly, so a second may have a picture more.
        self.assertEqual(frames, sum(ffmpeg("-i", file)[1] for file in self.chains(playlist)))
        self.assertAlmostEqual(frames, playlist.seconds() * PICTURES_A_SECOND, delta=frames * 0.05)

    def test_each_side_of_a_change_of_codec_plays(self):
        self.wait_recorded(4)
        self.source.command("codec a h265")
        changed = now()
        self.wait_recorded(5, changed)
        playlist = self.playlist(start=text(self.begin), end=text(now()))
        files = self.chains(playlist)
        self.assertGreaterEqual(len(files), 2)
        codecs = []
        for file in files:
            with self.subTest(file=file):
                self.assertEqual(ffmpeg("-i", file)[0], "")
                codecs.append(subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                              "stream=codec_name", "-of", "csv=p=0", file],
                                             capture_output=True, text=True, check=True).stdout.strip())
        self.assertEqual((codecs[0], codecs[-1]), ("h264", "hevc"))

    def test_a_recording_that_goes_on_grows_while_it_plays(self):
        self.wait_recorded(9)
        early = self.playlist(start=text(self.begin))
        self.assertIn("#EXT-X-PLAYLIST-TYPE:EVENT", early.text)
        self.assertNotIn("ENDLIST", early.text)
        # More than there is now: ffmpeg reloads.
        complaints, frames = ffmpeg("-live_start_index", "0", "-t", str(early.seconds() + 4), "-i",
                                    self.http(self.url(start=text(self.begin))))
        self.assertEqual(complaints, "")
        self.assertAlmostEqual(frames, (early.seconds() + 4) * PICTURES_A_SECOND, delta=10)
        late = self.playlist(start=text(self.begin))
        self.assertGreater(len(late.segments), len(early.segments))
        self.assertEqual(late.segments[:len(early.segments)], early.segments)

    def test_the_live_picture_has_a_window_behind_it(self):
        self.wait_recorded(9)
        status, _, body = self.server.request("GET", "/site/a/index.m3u8")
        self.assertEqual(status, 200)
        index = body.decode()
        uri = index.splitlines()[-1]
        self.assertRegex(uri, r"^index\.m3u8\?window=3600&session=[0-9a-f]+$")
        window = Playlist(self.server.request("GET", f"/site/a/{uri}")[2].decode())
        self.assertGreaterEqual(window.seconds(), 5.5)
        self.assertIn("#EXT-X-PART:", window.text)
        # Who has a session is a reader.
        wait_for(lambda: self.server.stream("site/a")["readerCount"] == 1, "the viewer is a reader", 20)
        # ffmpeg knows no parts, and begins with the first segment.
        complaints, frames = ffmpeg("-live_start_index", "0", "-t", "10", "-i", self.http("/site/a/index.m3u8"))
        self.assertEqual(complaints, "")
        self.assertAlmostEqual(frames, 10 * PICTURES_A_SECOND, delta=10)
        # A reload waits for the part that is hinted.
        sequence = int(re.search(r"MEDIA-SEQUENCE:(\d+)", window.text).group(1)) + len(window.segments)
        waited = self.server.request("GET", f"/site/a/{uri}&_HLS_msn={sequence + 1}")[2].decode()
        self.assertGreater(len(Playlist(waited).segments), len(window.segments))

    def test_no_camera_is_asked_and_what_is_deleted_is_listed_no_more(self):
        self.wait_recorded(9)
        self.server.request("POST", "/api/v1/streams/site/a/stop")
        self.server.wait_status("site/a", "stopped", 30)
        before = self.playlist(start=text(self.begin), end=text(now()))
        self.assertEqual(self.server.request("GET", f"/site/a/{before.segments[0][0]}")[0], 200)
        # Of what is recorded: on a busy machine that begins late.
        middle = text(now() - datetime.timedelta(seconds=self.recorded() / 2))
        status, _, body = self.server.request(
            "DELETE", f"/api/v1/recordings/site/a?{urllib.parse.urlencode({'start': text(self.begin), 'end': middle})}")
        self.assertEqual(status, 200, body)
        self.assertEqual(self.server.request("GET", f"/site/a/{before.segments[0][0]}")[0], 404)
        self.assertEqual(self.server.request("GET", f"/site/a/{before.segments[-1][0]}")[0], 200)
        self.assertLess(len(self.playlist(start=text(self.begin), end=text(now())).segments), len(before.segments))
        self.assertEqual(self.server.stream("site/a")["status"], "stopped")

    def test_what_makes_no_sense_is_refused(self):
        self.wait_recorded(2)
        for query in ({"start": "-5"}, {"start": "x"}, {"start": "5", "end": "9"}, {"window": "25h"}):
            with self.subTest(query=query):
                self.assertEqual(self.server.request("GET", self.url(**query))[0], 400)
        long_ago = self.server.json("GET", self.url(start="2000-01-01T00:00:00Z", end="2000-01-02T00:00:00Z"), 404)
        self.assertIn("after", long_ago)
        self.assertIsNone(long_ago["before"])
        self.assertEqual(self.server.request("GET", "/nothing/index.m3u8?start=5")[0], 404)


if __name__ == "__main__":
    unittest.main()
