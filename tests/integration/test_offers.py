"""Received with each browser's offer. Chromium's is as it came. Firefox's has the codecs of a published recording of Firefox 150,
Safari's the extensions of one of Safari 18 and its codecs, H.265 without parameters, in a page that bundles from the first."""

import http.server
import json
import os
import subprocess
import threading
import unittest

from harness import BUILD, PATIENCE, TestCase

OFFERS = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration")
BROWSERS = ("chromium", "firefox", "safari")
# What is the sender's in an offer, and no property of the browser.
SENDERS = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=candidate:", "a=end-of-candidates")


def offer_file(browser):
    return os.path.join(OFFERS, f"{browser}-offer.sdp")


def play(browser, url, *more):
    """(exit code, what offer-player told)."""
    command = [os.path.join(BUILD, "tests/player/offer-player"), "--seconds", str(20 * PATIENCE), *more, offer_file(browser), url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
    try:
        return ended.returncode, json.loads(ended.stdout)
    except json.JSONDecodeError:
        raise AssertionError(f"{ended.returncode}: {ended.stdout}{ended.stderr}") from None


class Offers(TestCase):

    def received(self, rilld, browser, path):
        code, report = play(browser, f"http://127.0.0.1:{rilld.port}/{path}/whep")
        self.assertEqual(code, 0, f"{report}\n{rilld.text()}")
        video, audio = report["video"], report["audio"]
        self.assertGreaterEqual(video["frames"], 30)
        self.assertEqual((video["width"], video["height"]), (320, 240))
        self.assertGreater(video["luma_deviation"], 20, "the picture shows something")
        self.assertGreaterEqual(audio["samples"], 48000)
        self.assertGreater(audio["loudest"], 0.1, "the beep is heard")
        return video["codec"], audio["codec"]

    def test_received_with_each_offer(self):
        camera = self.camera("a:codec=h264,size=320x240,audio=opus", "b:codec=h265,size=320x240,audio=aac")
        rilld = self.daemon("paths:\n" + "".join(f"  {path}: {{ source: '{camera.url(path)}' }}\n" for path in "ab"))
        for path in "ab":
            rilld.wait_status(path, "online")
        for browser in BROWSERS:
            with self.subTest(browser):
                self.assertEqual(self.received(rilld, browser, "a"), ("H264", "OPUS"))
                picture = "H265" if browser == "safari" else "H264"
                self.assertEqual(self.received(rilld, browser, "b"), (picture, "OPUS"))

    def test_a_camera_without_sound(self):
        """Where sound is the offer's first section, webrtcbin drops what the answer's other section says of the way: it has to be asked."""
        camera = self.camera("a:codec=h264,size=320x240,audio=none")
        rilld = self.daemon(f"paths:\n  shared: {{ source: '{camera.url('a')}' }}\n"
                            f"  own: {{ source: '{camera.url('a')}', webrtcPortRange: 20000-60000 }}\n")
        for path in ("shared", "own"):
            rilld.wait_status(path, "online")
            for browser in BROWSERS:
                with self.subTest(path=path, browser=browser):
                    code, report = play(browser, f"http://127.0.0.1:{rilld.port}/{path}/whep")
                    self.assertEqual(code, 0, f"{report}\n{rilld.text()}")
                    self.assertGreaterEqual(report["video"]["frames"], 30)
                    self.assertNotIn("audio", report)

    def test_a_refusal_is_told(self):
        rilld = self.daemon("")
        code, report = play("firefox", f"http://127.0.0.1:{rilld.port}/none/whep")
        self.assertEqual((code, report["status"]), (3, 404), report)

    def test_the_offer_that_is_sent_is_the_recorded_one(self):
        posted = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode("ascii"))
                self.send_error(406)

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        for browser in BROWSERS:
            with self.subTest(browser):
                code, report = play(browser, f"http://127.0.0.1:{server.server_port}/whep")
                self.assertEqual((code, report["status"]), (3, 406), report)
                with open(offer_file(browser), encoding="ascii", newline="") as file:
                    recorded = file.read().splitlines(keepends=True)
                sent = posted.pop().splitlines(keepends=True)
                self.assertEqual([line for line in sent if not line.startswith(SENDERS)],
                                 [line for line in recorded if not line.startswith(SENDERS)])
                for name in SENDERS[:3]:
                    self.assertEqual(sum(line.startswith(name) for line in sent),
                                     sum(line.startswith(name) for line in recorded))
                self.assertFalse(set(recorded) & {line for line in sent if line.startswith(SENDERS)})


if __name__ == "__main__":
    unittest.main(verbosity=2)
