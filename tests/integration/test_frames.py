"""Live pictures for programs: raw frames over HTTP and WebSocket, MJPEG, snapshots; decoded by ffmpeg to compare."""

import http.client
import itertools
import math
import struct
import subprocess
import time
import unittest

from harness import PATIENCE, TestCase, wait_for
from websocket import WebSocket

HEADER = struct.Struct("<4sHHIIIIQqqIBB10x")


class Frame:
    """A binary message of …/frames, as docs/api.md lays it out."""

    def __init__(self, message):
        (magic, version, size, self.format, self.width, self.height, self.stride, self.sequence, self.utc_us, self.running_ns,
         payload, self.matrix, self.full_range) = HEADER.unpack(message[:64])
        assert (magic, version, size, len(message) - size) == (b"RILF", 1, 64, payload), message[:64]
        self.payload = message[size:]


def ffmpeg(arguments, data=None):
    return subprocess.run(["ffmpeg", "-nostdin" if data is None else "-y", "-v", "error", *arguments], input=data, capture_output=True,
                          timeout=60 * PATIENCE, check=True).stdout


def psnr(a, b):
    assert len(a) == len(b) > 0, (len(a), len(b))
    error = sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)
    return 99.0 if error == 0 else 10 * math.log10(255 * 255 / error)


class Frames(TestCase):
    base = "/api/v1/streams/a/"

    def start(self, spec="a:audio=none,size=320x240", config="framesCloseAfter: 300ms\n", path=""):
        camera = self.camera(spec)
        daemon = self.daemon(f"{config}readTimeout: 3s\npaths:\n  a: {{ source: '{camera.url('a')}'{path} }}\n")
        daemon.wait_status("a", "online")
        return camera, daemon

    def stats(self, daemon):
        return daemon.json("GET", self.base + "frames/stats")

    def frame(self, daemon, query=""):
        status, headers, body = daemon.request("GET", f"{self.base}frame{query}")
        self.assertEqual(status, 200, body[:300])
        return headers, body

    def socket(self, daemon, query=""):
        socket = WebSocket(daemon.port, f"{self.base}frames{query}")
        self.addCleanup(socket.__exit__)
        return socket

    def receive(self, socket):
        opcode, message = socket.receive()
        self.assertEqual(opcode, 2, message[:200])
        return Frame(message)

    def test_nobody_watches_nobody_decodes(self):
        _, daemon = self.start()
        self.assert_flows(daemon, "a")
        self.assertEqual((self.stats(daemon)["decoders"], self.stats(daemon)["decoderStarts"]), (0, 0))
        with WebSocket(daemon.port, self.base + "frames") as socket:
            self.receive(socket)
            stats = self.stats(daemon)
            self.assertEqual((stats["decoders"], stats["clients"]), (1, 1))
            self.assertIn("264", stats["decoder"])
        wait_for(lambda: self.stats(daemon)["decoders"] == 0, "the decoder stops")
        before = self.stats(daemon)["decoded"]
        self.assert_flows(daemon, "a")
        self.assertEqual((self.stats(daemon)["decoded"], self.stats(daemon)["clients"]), (before, 0))

    def test_one_decoder_for_all_forms(self):
        _, daemon = self.start()
        first = [self.socket(daemon, f"?format=gray&width={width}") for width in (64, 96, 128)]
        same = [self.socket(daemon, "?format=gray&width=64") for _ in range(4)]
        for socket in first + same:
            for _ in range(5):
                self.receive(socket)
        stats = self.stats(daemon)
        self.assertEqual((stats["decoders"], stats["decoderStarts"], stats["clients"], stats["conversions"]), (1, 1, 7, 3))
        # Not one for each client.
        self.assertLessEqual(stats["converted"], 3 * stats["decoded"])

    def test_pictures_are_those_of_the_camera(self):
        """A picture as PNG is exact; what ffmpeg makes of that must be what the raw forms of the same picture are."""
        for spec in ("a:audio=none,size=320x240", "a:audio=none,size=1280x720"):
            with self.subTest(spec):
                camera, daemon = self.start(spec)
                for query, pixel_format, least in (("bgr", "bgr24", 98), ("gray", "gray", 28), ("i420", "yuv420p", 28), ("jpeg", "", 26)):
                    with self.subTest(query):
                        # Both of one picture: the conversions of a sequence are shared while it is the newest one.
                        def pair():
                            one, raw = self.frame(daemon, f"?format={query}&width=160&height=90")
                            two, png = self.frame(daemon, "?format=png&width=160&height=90")
                            return one["x-rill-sequence"] == two["x-rill-sequence"] and (raw, png)
                        raw, png = wait_for(pair, "two forms of one picture")
                        as_rgb = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
                        expected = ffmpeg(["-i", "-", *as_rgb], png)
                        if query == "jpeg":
                            found = ffmpeg(["-i", "-", *as_rgb], raw)
                        else:
                            colours = ["-vf", "scale=in_color_matrix=bt709"] if query == "i420" and "720" in spec else []
                            found = ffmpeg(["-f", "rawvideo", "-pix_fmt", pixel_format, "-s", "160x90", "-i", "-", *colours, *as_rgb], raw)
                        if query == "gray":
                            gray = ["-vf", "format=gray", "-f", "rawvideo", "-"]
                            found, expected = raw, ffmpeg(["-i", "-", *gray], png)
                            least = 24  # luma of BT.709 against ffmpeg's BT.601
                        self.assertGreater(psnr(found, expected), least)
                daemon.stop()
                camera.stop(None)

    def test_against_ffmpegs_decoder(self):
        """A picture of ours is one of those that ffmpeg decodes from the camera at the same time."""
        for width, height, matrix in ((320, 240, "bt601"), (640, 720, "bt709")):
            with self.subTest(height):
                camera, daemon = self.start(f"a:audio=none,size={width}x{height},fps=10")
                with subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", camera.url("a"), "-t", "20",
                                       "-vf", f"scale=in_color_matrix={matrix}:flags=accurate_rnd+full_chroma_int+bilinear",
                                       "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], stdout=subprocess.PIPE) as player:
                    size = width * height * 3
                    frames = [player.stdout.read(size)]
                    after = self.frame(daemon)[0]["x-rill-sequence"]
                    _, found = self.frame(daemon, f"?after={int(after) + 3}")
                    # ffmpeg looks at a stream for seconds before it shows the first of it.
                    pictures = itertools.chain(frames, iter(lambda: player.stdout.read(size), b""))
                    best = next((picture for picture in pictures if psnr(picture[::997], found[::997]) > 30), None)
                    player.kill()
                self.assertIsNotNone(best, "ffmpeg shows another film")
                self.assertGreater(psnr(best, found), 32)
                daemon.stop()
                camera.stop(None)

    def test_frame(self):
        _, daemon = self.start()
        headers, body = self.frame(daemon)
        self.assertEqual([headers[f"x-rill-{key}"] for key in ("format", "width", "height", "stride")], ["bgr", "320", "240", "960"])
        self.assertEqual((len(body), headers["content-type"], headers["cache-control"]), (320 * 240 * 3, "application/octet-stream", "no-store"))
        self.assertRegex(headers["x-rill-time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        last = int(headers["x-rill-sequence"])
        for _ in range(5):
            headers, _ = self.frame(daemon, f"?after={last}&width=64")
            self.assertGreater(int(headers["x-rill-sequence"]), last)
            last = int(headers["x-rill-sequence"])
        for query, size, length in (("width=100", (100, 75), 100 * 75 * 3), ("height=60", (80, 60), 80 * 60 * 3),
                                    ("format=i420&width=33&height=21", (33, 21), 33 * 21 + 2 * 17 * 11),
                                    ("format=gray&width=1&height=1", (1, 1), 1), ("format=rgb&width=641&height=479", (641, 479), 641 * 479 * 3)):
            with self.subTest(query):
                headers, body = self.frame(daemon, "?" + query)
                self.assertEqual((int(headers["x-rill-width"]), int(headers["x-rill-height"]), len(body)), (*size, length))
        for query, start in (("jpeg", b"\xff\xd8"), ("png", b"\x89PNG")):
            self.assertTrue(self.frame(daemon, f"?format={query}")[1].startswith(start))

    def test_bad_input(self):
        _, daemon = self.start()
        for what, query, key in (("frame", "width=0", "width"), ("frame", "width=100000", "width"), ("frame", "height=x", "height"),
                                 ("frame", "width=", "width"), ("frame", "width=-1", "width"), ("frame", "width=8192&height=8192", "width, height"),
                                 ("frame", "format=yuv", "format"), ("frame", "after=x", "after"), ("mjpeg", "fps=0", "fps"),
                                 ("mjpeg", "fps=nan", "fps"), ("mjpeg", "height=0", "height"), ("snapshot.jpg", "max-age=-1", "max-age"),
                                 ("snapshot.jpg", "width=9999", "width")):
            with self.subTest(f"{what}?{query}"):
                self.assertTrue(daemon.json("GET", f"{self.base}{what}?{query}", 400)["error"].startswith(key + ":"))
        for what in ("frame", "mjpeg", "snapshot.jpg", "frames/stats"):
            self.assertEqual(daemon.request("GET", f"/api/v1/streams/none/{what}")[0], 404)
            self.assertEqual(daemon.request("POST", self.base + what)[0], 405)
            self.assertEqual(daemon.request("OPTIONS", self.base + what)[0], 204)
        for url, code in (("/api/v1/streams/none/frames", 4404), (self.base + "frames?width=0", 4400), (self.base + "frames?format=x", 4400)):
            with WebSocket(daemon.port, url) as socket:
                self.assertEqual(socket.close_code(), code)
        self.assertEqual(self.stats(daemon)["decoderStarts"], 0)

    def test_too_many_forms(self):
        _, daemon = self.start()
        sockets = [self.socket(daemon, f"?format=gray&width={width}") for width in range(20, 36)]
        for socket in sockets:
            self.receive(socket)
        self.assertIn("16", daemon.json("GET", self.base + "frame?width=99", 503)["error"])
        with WebSocket(daemon.port, self.base + "frames?width=99") as socket:
            self.assertEqual(socket.close_code(), 4503)
        # Who asks for what is made already is served.
        self.frame(daemon, "?format=gray&width=20")
        sockets.pop().__exit__()
        wait_for(lambda: daemon.request("GET", self.base + "frame?width=99")[0] == 200, "a place becomes free")

    def test_hundreds_of_clients(self):
        """Of 500 in 20 sizes those get pictures whose size is among the first 16; a viewer who was there before goes on."""
        _, daemon = self.start("a:audio=none,size=160x120")
        viewer = self.socket(daemon, "?format=gray&width=16")
        first = self.receive(viewer).sequence
        sockets = [self.socket(daemon, f"?format=gray&width={16 + 8 * (number % 20)}") for number in range(500)]
        for number, socket in enumerate(sockets):
            if number % 20 < 16:
                self.assertEqual(self.receive(socket).width, 16 + 8 * (number % 20))
            else:
                self.assertEqual(socket.close_code(), 4503)
        stats = self.stats(daemon)
        self.assertEqual((stats["decoders"], stats["decoderStarts"], stats["clients"], stats["conversions"]), (1, 1, 401, 16))
        # Not one for each client: of the largest 168 x 126 bytes, ten may wait, one is on its way, and one is the newest.
        self.assertLess(stats["pictureBytes"], 16 * 12 * (64 + 168 * 126))
        seen = first
        while seen <= stats["sequence"]:
            now = self.receive(viewer).sequence
            self.assertGreater(now, seen)
            seen = now

    def test_a_client_that_reads_nothing(self):
        """It loses pictures, which are counted, and is closed; another client has them all."""
        _, daemon = self.start("a:audio=none,size=640x480", "framesClientBufferSize: 3\n")
        lazy = self.socket(daemon, "?width=1280&height=960")
        self.receive(lazy)
        quick = self.socket(daemon, "?width=64")
        last = self.receive(quick).sequence
        end = time.monotonic() + 40 * PATIENCE
        while self.stats(daemon)["dropped"] < 10:
            self.assertLess(time.monotonic(), end, self.stats(daemon))
            frame = self.receive(quick)
            self.assertLess(frame.sequence - last, 10)
            last = frame.sequence
        # What it reads then is in order, with a gap where it slept.
        sequences = [self.receive(lazy).sequence for _ in range(30)]
        self.assertEqual(sequences, sorted(sequences))
        self.assertGreaterEqual(sequences[-1], sequences[0] + 30)
        while self.stats(daemon)["clients"] > 1:
            self.assertLess(time.monotonic(), end, self.stats(daemon))
            self.receive(quick)
        opcode, message = lazy.receive()
        while opcode == 2:
            opcode, message = lazy.receive()
        self.assertEqual((opcode, struct.unpack("!H", message[:2])[0]), (8, 1008))
        self.receive(quick)

    def test_mjpeg(self):
        _, daemon = self.start()
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30 * PATIENCE)
        connection.request("GET", self.base + "mjpeg?width=80&fps=5")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("content-type")), (200, "multipart/x-mixed-replace; boundary=rill"))
        times = []
        for _ in range(6):
            self.assertEqual(answer.readline(), b"--rill\r\n")
            head = {}
            while (line := answer.readline().strip()):
                name, _, value = line.decode().partition(": ")
                head[name.lower()] = value
            picture = answer.read(int(head["content-length"]) + 2)
            self.assertTrue(picture.startswith(b"\xff\xd8") and picture.endswith(b"\xff\xd9\r\n"))
            times.append(head["x-rill-time"])
        self.assertEqual(times, sorted(set(times)))
        self.assertIn(b"", [ffmpeg(["-i", "-", "-f", "null", "-"], picture)])
        connection.close()
        answer.close()
        wait_for(lambda: self.stats(daemon)["decoders"] == 0, "the decoder stops")

    def test_snapshot(self):
        _, daemon = self.start("a:audio=none,size=320x240,gop=4s", "")
        status, headers, picture = daemon.request("GET", self.base + "snapshot.jpg")
        self.assertEqual((status, headers["content-type"], headers["x-rill-width"]), (200, "image/jpeg", "320"))
        self.assertEqual(len(ffmpeg(["-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"], picture)), 320 * 240)
        # No decoder is kept for the next one, though framesCloseAfter is 5 s.
        wait_for(lambda: self.stats(daemon)["decoders"] == 0, "the decoder stops", 3)
        starts = self.stats(daemon)["decoderStarts"]
        again = daemon.request("GET", self.base + "snapshot.jpg?max-age=60")
        self.assertEqual((again[1]["x-rill-time"], again[2]), (headers["x-rill-time"], picture))
        self.assertEqual(self.stats(daemon)["decoderStarts"], starts)
        newer = daemon.request("GET", self.base + "snapshot.jpg")
        self.assertGreater(newer[1]["x-rill-time"], headers["x-rill-time"])
        self.assertEqual(daemon.request("GET", self.base + "snapshot.jpg?width=100&max-age=60")[1]["x-rill-height"], "75")

    def test_an_on_demand_path_is_woken(self):
        camera = self.camera("a:audio=none,size=320x240")
        daemon = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}', sourceOnDemand: yes, sourceOnDemandCloseAfter: 1s }}\n"
                             "framesCloseAfter: 0s\n")
        self.assertEqual(self.stats(daemon)["decoders"], 0)
        self.assertEqual(daemon.stream("a")["status"], "stopped")
        self.frame(daemon)
        self.assertEqual(daemon.stream("a")["status"], "online")
        daemon.wait_status("a", "stopped")

    def test_outage_and_stop(self):
        camera, daemon = self.start()
        socket = self.socket(daemon, "?format=gray&width=64")
        before = self.receive(socket).sequence
        for command in ("codec a h265", "resolution a 640x360", "drop a"):
            with self.subTest(command):
                camera.command(command)
                daemon.wait_status("a", "offline") if "resolution" not in command else None
                daemon.wait_status("a", "online", 40)
                count = self.frames(daemon, "a")
                wait_for(lambda: self.frames(daemon, "a") > count + 5, "units")
                # What was made before has been read then, too.
                end = time.monotonic() + 30 * PATIENCE
                now = self.receive(socket)
                while time.time() - now.utc_us / 1e6 > 1 and time.monotonic() < end:
                    now = self.receive(socket)
                self.assertGreater(now.sequence, before)
                before = now.sequence
        daemon.json("POST", "/api/v1/streams/a/stop")
        opcode, payload = socket.receive()
        while opcode == 2:
            opcode, payload = socket.receive()
        self.assertEqual((opcode, struct.unpack("!H", payload[:2])[0]), (8, 1001))
        self.assertIn(b"stopped", payload)
        self.assertEqual(self.stats(daemon)["decoders"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
