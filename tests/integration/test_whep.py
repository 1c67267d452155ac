"""WHEP over HTTP, without media: statuses, headers, and offers that are wrong."""

import json
import random
import re
import socket
import unittest

from harness import TestCase, wait_for
from offer import OFFER

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
CANDIDATE = "a=candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host\r\n"
RESTART = "a=ice-ufrag:restart{0}\r\na=ice-pwd:restartrestartrestart{0}\r\n"


class Whep(TestCase):

    def setUp(self):
        camera = self.camera("a:codec=h264,size=160x120,audio=pcmu", "b:codec=h265,size=160x120,audio=aac")
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

    def open(self, path="/a/whep"):
        status, headers, answer = self.rilld.request("POST", path, OFFER, SDP)
        self.assertEqual(status, 201, answer)
        return headers, answer.decode()

    def patch(self, location, body, expected, **more):
        status, headers, answer = self.rilld.request("PATCH", location, body, FRAGMENT | more)
        self.assertEqual(status, expected, answer)
        return headers, answer.decode()

    def test_all_viewers_share_the_ports(self):
        camera = self.camera("a:size=160x120")
        rilld = self.daemon("webrtcLocalTCPAddress: 127.0.0.1:0\nwebrtcAdditionalHosts: [192.0.2.7]\npaths:\n"
                            f"  a: {{ source: '{camera.url('a')}' }}\n"
                            f"  own: {{ source: '{camera.url('a')}', webrtcPortRange: 20000-60000 }}\n")
        rilld.wait_status("a", "online")
        rilld.wait_status("own", "online")

        def ports(path):
            status, _, answer = rilld.request("POST", f"/{path}/whep", OFFER, SDP)
            self.assertEqual(status, 201, answer)
            text = answer.decode()
            return "a=ice-lite" in text, set(re.findall(r"a=candidate:\S+ 1 (UDP|TCP) \d+ (\S+) (\d+) typ host(.*)\r", text))

        is_lite, first = ports("a")
        self.assertTrue(is_lite)
        self.assertEqual(ports("a"), (True, first))
        self.assertEqual(len({port for kind, _, port, _ in first if kind == "UDP"}), 1, first)
        self.assertEqual({(ip, more) for kind, ip, _, more in first if kind == "TCP"},
                         {("127.0.0.1", " tcptype passive"), ("192.0.2.7", " tcptype passive")})
        self.assertIn("192.0.2.7", {ip for kind, ip, _, _ in first if kind == "UDP"})
        is_lite, own = ports("own")
        self.assertFalse(is_lite)
        self.assertFalse(own & first)
        self.assertNotEqual(ports("own")[1], own)

    def test_a_port_that_another_has(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            camera = self.camera("a:size=160x120")
            rilld = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}', webrtcLocalUDPAddress: '127.0.0.1:{port}' }}\n")
            message = f"webrtcLocalUDPAddress 127.0.0.1:{port}: Address already in use; another program has the port"
            rilld.expect(re.escape(message))
            status, _, answer = rilld.request("POST", "/a/whep", OFFER, SDP)
            self.assertEqual(status, 503, answer)
        # As soon as it is free.
        wait_for(lambda: rilld.request("POST", "/a/whep", OFFER, SDP)[0] == 201, "a session", 60)

    def test_location_keeps_the_query(self):
        headers, _ = self.open("/a/whep?token=abc&x")
        self.assertRegex(headers["location"], r"/a/whep/[0-9a-f-]{36}\?token=abc&x$")
        self.assertEqual(headers["etag"], "*")
        self.assertRegex(headers["id"], r"^[0-9a-f-]{36}$")
        # Who may list readers may not end them.
        self.assertNotIn(headers["id"], headers["location"])
        for name in ("ETag", "ID", "Accept-Patch", "Link", "Location"):
            self.assertIn(name, headers["access-control-expose-headers"])
        self.assertEqual(self.rilld.request("DELETE", headers["location"])[0], 200)

    def test_trickle(self):
        headers, answer = self.open()
        location = headers["location"]
        self.patch(location, CANDIDATE, 204)
        self.patch(location, CANDIDATE, 204, **{"If-Match": "*"})
        self.patch(location, "a=end-of-candidates\r\n", 204)
        ufrag = next(line for line in OFFER.split("\r\n") if line.startswith("a=ice-ufrag:"))
        self.patch(location, f"{ufrag}\r\n{CANDIDATE}", 204)
        self.patch(location, "a=candidate:nonsense\r\n", 400)
        self.patch(location, "a=ice-ufrag:new4\r\n", 400)
        self.patch("/a/whep/00000000-0000-4000-8000-000000000000", CANDIDATE, 404)
        self.assertEqual(self.rilld.stream("a")["readerCount"], 1)

    def renditions(self, path):
        return {rendition["name"]: rendition for rendition in self.rilld.stream(path)["renditions"]}

    def test_renditions(self):
        """H.265 and AAC for somebody who takes neither: made once, and no longer than somebody is there."""
        self.assertEqual(self.renditions("b"), {})
        offer = OFFER.replace("H265/90000", "VP8/90000")
        sessions = []
        for _ in range(2):
            status, headers, answer = self.rilld.request("POST", "/b/whep", offer, SDP)
            self.assertEqual(status, 201, answer)
            self.assertIn("H264/90000", answer.decode())
            self.assertIn("OPUS/48000", answer.decode())
            sessions.append(headers["location"])
        wait_for(lambda: all(made["track"] for made in self.renditions("b").values()), "both are made")
        made = self.renditions("b")
        self.assertEqual(sorted(made), ["H264", "Opus"])
        for rendition in made.values():
            self.assertEqual(rendition["links"], 1, "the sessions of a path share a link")
            self.assertTrue(rendition["running"])
        self.assertEqual((made["H264"]["track"]["width"], made["H264"]["track"]["height"]), (160, 120))
        metrics = self.rilld.request("GET", "/metrics")[2].decode()
        self.assertIn('rill_rendition_running{path="b",rendition="H264",of="H265"} 1', metrics)
        self.assertEqual(self.rilld.request("POST", "/b/whep?max-height=64", offer, SDP)[0], 201)
        wait_for(lambda: "H264 64p" in self.renditions("b"), "a smaller one is made, too")
        for location in sessions:
            self.assertEqual(self.rilld.request("DELETE", location)[0], 200)
        wait_for(lambda: "H264" not in self.renditions("b"), "the large one ends")

    def test_b_frames(self):
        """One of two pictures may be left out; more would not be a film."""
        camera = self.camera("one:size=160x120,bframes=1", "three:size=160x120,bframes=3")
        rilld = self.rilld = self.daemon("paths:\n" + "".join(
            f"  {name}: {{ source: '{camera.url(name)}' }}\n" for name in ("one", "three")))
        for name, expected in (("one", []), ("three", ["H264"])):
            rilld.wait_status(name, "online")
            self.assert_flows(rilld, name)
            wait_for(lambda: rilld.stream(name)["tracks"][0]["units"] > 60, "a group of pictures has come")
            self.assertEqual(rilld.request("POST", f"/{name}/whep", OFFER, SDP)[0], 201)
            wait_for(lambda: sorted(self.renditions(name)) == expected, f"{name} has the renditions {expected}")

    def test_limit(self):
        camera = self.camera("c*2:codec=h265,size=160x120")
        rilld = self.daemon("maxTranscodes: 1\npaths:\n" + "".join(
            f"  {name}: {{ source: '{camera.url(name)}' }}\n" for name in ("c1", "c2")))
        offer = OFFER.replace("H265/90000", "VP8/90000")
        for name in ("c1", "c2"):
            rilld.wait_status(name, "online")
        self.assertEqual(rilld.request("POST", "/c1/whep", offer, SDP)[0], 201)
        self.assertIn("maxTranscodes", rilld.json("POST", "/c2/whep", expected=429, body=offer, headers=SDP)["error"])

    def test_restart(self):
        headers, answer = self.open()
        location = headers["location"]
        tags = []
        for round_ in (1, 2):
            headers, body = self.patch(location, RESTART.format(round_), 200, **{"If-Match": "*"})
            self.assertEqual(headers["content-type"], FRAGMENT["Content-Type"])
            ufrag = next(line[12:] for line in body.split("\r\n") if line.startswith("a=ice-ufrag:"))
            self.assertIn("a=ice-pwd:", body)
            self.assertNotIn(f"a=ice-ufrag:{ufrag}", answer)
            self.assertEqual(headers["etag"], f'"{ufrag}"')
            tags.append(headers["etag"])
        self.assertNotEqual(tags[0], tags[1])
        # Candidates of an ICE session that is over are refused (RFC 9725 §4.3.1).
        for old in (tags[0], '"none"', f"W/{tags[1]}", "x"):
            with self.subTest(old):
                self.patch(location, CANDIDATE, 412, **{"If-Match": old})
        self.patch(location, CANDIDATE, 204, **{"If-Match": tags[1]})
        self.patch(location, CANDIDATE, 204, **{"If-Match": f'"none", {tags[1]}'})
        self.patch(location, RESTART.format(3), 412, **{"If-Match": tags[0]})

    def test_ice_servers(self):
        camera = self.camera("a:codec=h264,size=160x120")
        rilld = self.daemon("webrtcICEServers2:\n"
                            "  - { url: 'stun:stun.example.org:3478', clientOnly: yes }\n"
                            "  - { url: 'turn:turn.example.org:3478', username: 'u', password: 'p\"q', clientOnly: yes }\n"
                            f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n")
        rilld.wait_status("a", "online")
        for method, body, expected in (("OPTIONS", None, 204), ("POST", OFFER, 201)):
            with self.subTest(method):
                status, headers, _ = rilld.request(method, "/a/whep", body, SDP)
                self.assertEqual(status, expected)
                self.assertEqual(headers["link"], '<stun:stun.example.org:3478>; rel="ice-server", '
                                 '<turn:turn.example.org:3478>; rel="ice-server"; username="u"; credential="p\\"q"; '
                                 'credential-type="password"')

    def test_preflight(self):
        location = self.open()[0]["location"]
        for url in ("/a/whep", location, "/none-yet/whep"):
            with self.subTest(url):
                status, headers, _ = self.rilld.request("OPTIONS", url, headers={"Origin": "https://example.org"})
                self.assertEqual(status, 204)
                self.assertEqual(headers["access-control-allow-origin"], "*")
                if url.startswith("/none"):
                    continue  # so that the page can read the 404 of its POST
                for method in ("POST", "PATCH", "DELETE"):
                    self.assertIn(method, headers["access-control-allow-methods"])
                for name in ("Authorization", "Content-Type", "If-Match"):
                    self.assertIn(name, headers["access-control-allow-headers"])
                self.assertEqual(headers["accept-post"], "application/sdp")

    def test_errors(self):
        # Nor one that could be made.
        no_common_codec = re.sub("(H265|H264|VP8|VP9)/90000", "AV1/90000", OFFER).replace("opus/", "G722/")
        for what, method, path, body, headers, expected in (
                ("no stream", "POST", "/none/whep", OFFER, SDP, 404),
                ("method", "GET", "/a/whep", None, {}, 405),
                ("method of a session", "POST", "/a/whep/00000000-0000-4000-8000-000000000000", OFFER, SDP, 405),
                ("no type", "POST", "/a/whep", OFFER, {}, 415),
                ("type", "POST", "/a/whep", OFFER, {"Content-Type": "text/plain"}, 415),
                ("empty", "POST", "/a/whep", "", SDP, 400),
                ("garbage", "POST", "/a/whep", "v=0\r\nm=", SDP, 400),
                ("huge", "POST", "/a/whep", OFFER + "a=x:" + "y" * (2 << 20), SDP, 413),
                ("no common codec", "POST", "/b/whep", no_common_codec, SDP, 406),
                ("a height of nothing", "POST", "/a/whep?max-height=0", OFFER, SDP, 400),
                ("a height that is none", "POST", "/a/whep?max-height=high", OFFER, SDP, 400),
                ("a height beyond all", "POST", "/a/whep?max-height=100000", OFFER, SDP, 400),
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
