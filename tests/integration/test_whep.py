"""WHEP over HTTP, without media: statuses, headers, and offers that are wrong."""

import json
import os
import random
import unittest

from harness import TestCase

SDP = {"Content-Type": "application/sdp"}
with open(os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration/chromium-offer.sdp"), encoding="ascii", newline="") as file:
    OFFER = file.read()


class Whep(TestCase):

    def setUp(self):
        camera = self.camera("a:codec=h264,audio=pcmu", "b:codec=h265,audio=aac")
        self.rilld = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n  b: {{ source: '{camera.url('b')}' }}\n")
        self.rilld.wait_status("a", "online")
        self.rilld.wait_status("b", "online")

    def test_session(self):
        status, headers, answer = self.rilld.request("POST", "/a/whep", OFFER, SDP)
        self.assertEqual(status, 201, answer)
        self.assertEqual(headers["content-type"], "application/sdp")
        self.assertEqual(headers["accept-patch"], "application/trickle-ice-sdpfrag")
        self.assertIn("etag", headers)
        self.assertRegex(headers["location"], r"/a/whep/[0-9a-f-]{36}")
        text = answer.decode()
        self.assertIn("a=sendonly", text)
        self.assertIn("H264/90000", text)
        self.assertIn("PCMU/8000", text)
        self.assertIn("a=candidate:", text)
        self.assertEqual(self.rilld.stream("a")["readerCount"], 1)
        location = headers["location"]
        status, _, body = self.rilld.request("PATCH", location, "a=ice-ufrag:x\r\n", {"Content-Type": "text/plain"})
        self.assertEqual(status, 415, body)
        self.assertEqual(self.rilld.request("DELETE", location)[0], 200)
        self.assertEqual(self.rilld.request("DELETE", location)[0], 404)

    def test_preflight(self):
        status, headers, _ = self.rilld.request("OPTIONS", "/a/whep", headers={"Origin": "https://example.org"})
        self.assertEqual(status, 204)
        self.assertIn("POST", headers["access-control-allow-methods"])
        self.assertEqual(headers["access-control-allow-origin"], "*")

    def test_errors(self):
        no_common_codec = OFFER.replace("H265/90000", "VP8/90000")
        for what, method, path, body, headers, expected in (
                ("no stream", "POST", "/none/whep", OFFER, SDP, 404),
                ("method", "GET", "/a/whep", None, {}, 405),
                ("type", "POST", "/a/whep", OFFER, {"Content-Type": "text/plain"}, 415),
                ("empty", "POST", "/a/whep", "", SDP, 400),
                ("garbage", "POST", "/a/whep", "v=0\r\nm=", SDP, 400),
                ("huge", "POST", "/a/whep", OFFER + "a=x:" + "y" * (2 << 20), SDP, 413),
                ("no common codec", "POST", "/b/whep", no_common_codec, SDP, 406),
                ("unknown session", "DELETE", "/a/whep/00000000-0000-4000-8000-000000000000", None, {}, 404)):
            with self.subTest(what):
                status, _, answer = self.rilld.request(method, path, body, headers)
                self.assertEqual(status, expected, answer[:300])
                self.assertEqual(json.loads(answer)["status"], "error")

    def test_ten_thousand_mutated_offers(self):
        generator = random.Random(20260108)
        lines = OFFER.split("\r\n")
        for round_ in range(10_000):
            mutated = list(lines)
            for _ in range(generator.randint(1, 4)):
                at = generator.randrange(len(mutated))
                kind = generator.randrange(5)
                if kind == 0:
                    del mutated[at]
                    mutated = mutated or [""]
                elif kind == 1:
                    mutated.insert(at, generator.choice(lines))
                elif kind == 2:
                    mutated[at] = mutated[at][:generator.randrange(len(mutated[at]) + 1)]
                elif kind == 3:
                    mutated[at] = mutated[at].replace(generator.choice("0123456789:=/ "), generator.choice(["", "-1", "99999999999", "\x01"]))
                else:
                    mutated[at] = "".join(generator.sample(mutated[at], len(mutated[at])))
            status, headers, body = self.rilld.request("POST", "/a/whep", "\r\n".join(mutated).encode("latin1"), SDP)
            self.assertIn(status, (201, 400, 406), f"round {round_}: {body[:200]}")
            if status == 201:
                self.rilld.request("DELETE", headers["location"])
        self.assert_flows(self.rilld, "a")
        self.assertEqual(self.rilld.stream("a")["readerCount"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
