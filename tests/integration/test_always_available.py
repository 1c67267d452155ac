"""alwaysAvailable: viewers stay while their camera is away."""

import json
import os
import subprocess
import unittest

from harness import PATIENCE, Process, TestCase, wait_for
from test_hls import media_playlist
from test_offers import play

TRACKS = "alwaysAvailable: yes, alwaysAvailableTracks: [{codec: H264}, {codec: Opus}]"


class AlwaysAvailable(TestCase):
    def start(self, keys=TRACKS, spec="a:codec=h264,size=320x240,audio=opus", more=""):
        self.cam = self.camera(spec)
        daemon = self.daemon(f"{more}paths:\n  a: {{ source: '{self.cam.url('a')}', {keys} }}\n")
        daemon.wait_status("a", "online")
        return daemon

    def lose(self, daemon):
        self.cam.command("refuse *")
        daemon.wait_status("a", "offline")
        wait_for(lambda: "refused" in daemon.stream("a")["reason"], "an attempt at the camera has failed")

    def test_states(self):
        daemon = self.start()
        since = daemon.json("GET", "/v3/paths/get/a")["availableTime"]
        self.lose(daemon)
        path = daemon.json("GET", "/v3/paths/get/a")
        self.assertEqual((path["ready"], path["available"], path["availableTime"]), (True, True, since))
        self.assertEqual((path["online"], path["onlineTime"]), (False, None))
        metrics = daemon.request("GET", "/metrics")[2].decode()
        self.assertIn('rill_path_available{path="a"} 1', metrics)
        self.assertIn('rill_path_online{path="a"} 0', metrics)
        received = path["inboundBytes"]
        wait_for(lambda: "without its camera" in daemon.text(), "the stand-in is there")
        self.cam.command("accept *")
        daemon.wait_status("a", "online", 40)
        self.assertEqual(daemon.json("GET", "/v3/paths/get/a")["availableTime"], since)
        wait_for(lambda: daemon.json("GET", "/v3/paths/get/a")["inboundBytes"] > received, "the camera's bytes count")

    def test_who_comes_meanwhile_sees_and_hears(self):
        daemon = self.start()
        self.lose(daemon)
        code, report = play("chromium", f"http://127.0.0.1:{daemon.port}/a/whep")
        self.assertEqual(code, 0, f"{report}\n{daemon.text()}")
        self.assertEqual((report["video"]["codec"], report["video"]["width"]), ("H264", 1280))
        self.assertGreater(report["video"]["luma_deviation"], 1, "there is something written")
        self.assertEqual(report["audio"]["codec"], "OPUS")
        self.assertLess(report["audio"]["loudest"], 0.01, "and nothing to be heard")

    def test_a_player_goes_on_over_the_outage(self):
        """One that reads one live playlist from before the outage until after it. ffmpeg knows one initialization section only: MPEG-TS."""
        daemon = self.start(spec="a:codec=h264,size=320x240,audio=none",
                            keys="alwaysAvailable: yes, alwaysAvailableTracks: [{codec: H264}]", more="hlsVariant: mpegts\n")
        url, _ = media_playlist(daemon, "a")
        player = Process(["ffmpeg", "-nostdin", "-i", f"http://127.0.0.1:{daemon.port}{url}", "-vf", "showinfo", "-f", "null", "-"])
        self.addCleanup(player.child.kill)
        player.expect("s:320x240")
        self.lose(daemon)
        player.expect("s:1280x720", 40)
        self.cam.command("accept *")
        until = len(player.lines)
        wait_for(lambda: any("s:320x240" in line for line in player.lines[until:]), "the camera is seen again", 60)

    def test_what_is_recorded_is_the_camera(self):
        folder = self.new_folder("rill-record-")
        daemon = self.start(more=f"recordPath: '{folder}/%path/%s-%f'\n", keys=TRACKS + ", record: yes")
        spans = lambda: daemon.json("GET", "/list?path=a")  # noqa: E731
        wait_for(lambda: daemon.request("GET", "/list?path=a")[0] == 200 and spans()[-1]["duration"] > 2, "it is recorded")
        self.lose(daemon)
        wait_for(lambda: "without its camera" in daemon.text(), "the stand-in is there")
        stands = spans()[-1]["duration"]
        code, report = play("chromium", f"http://127.0.0.1:{daemon.port}/a/whep")  # some seconds of it
        self.assertEqual((code, report["video"]["width"]), (0, 1280), report)
        # Of the camera, what was on its way; of the stand-in, pictures of six seconds were shown.
        self.assertLess(spans()[-1]["duration"], stands + 2)
        self.cam.command("accept *")
        daemon.wait_status("a", "online", 40)
        wait_for(lambda: sum(span["duration"] for span in spans()) > stands + 2, "it is recorded again")
        daemon.stop()
        sizes = set()
        for root, _, files in os.walk(folder):
            for name in files:
                if not name.endswith(".mp4"):
                    continue
                told = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=width", "-of", "json",
                                       os.path.join(root, name)], capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
                self.assertEqual(told.stderr, "")
                sizes |= {frame["width"] for frame in json.loads(told.stdout)["frames"]}
        self.assertEqual(sizes, {320})

    def test_a_file(self):
        film = os.path.join(self.new_folder("rill-film-"), "film.mp4")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=3", "-pix_fmt", "yuv420p",
                        "-g", "10", film], check=True, timeout=60 * PATIENCE)
        daemon = self.start(f"alwaysAvailable: yes, alwaysAvailableFile: '{film}'")
        self.lose(daemon)
        wait_for(lambda: "without its camera" in daemon.text(), "the film is there")
        wait_for(lambda: daemon.stream("a")["tracks"][0]["width"] == 640, "it is shown")

    def test_hooks_follow_the_stream_or_the_camera(self):
        log = os.path.join(self.new_folder("rill-hooks-"), "log")
        hooks = "".join(f", runOn{what}: \"sh -c 'echo {what} >> {log}'\"" for what in ("Available", "Unavailable", "Online", "Offline"))
        daemon = self.start(TRACKS + hooks)

        def said():
            with open(log, encoding="ascii") as lines:
                return sorted(lines.read().split())

        wait_for(lambda: os.path.exists(log) and said() == ["Available", "Online"], "both have run")
        self.lose(daemon)
        wait_for(lambda: said() == ["Available", "Offline", "Online"], "the camera is away, the stream is not")
        self.assertEqual(daemon.json("POST", "/api/v1/streams/a/stop"), {"status": "ok"})
        wait_for(lambda: said() == ["Available", "Offline", "Online", "Unavailable"], "nor is the stream there any more")


if __name__ == "__main__":
    unittest.main(verbosity=2)
