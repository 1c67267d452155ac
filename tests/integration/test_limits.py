"""What one address may ask for, and how many there may be in all. The daemon's clients are behind a proxy that it trusts, at
127.0.0.1: each is whom the proxy names."""

import contextlib
import http.client
import socket
import unittest

from harness import TestCase
from offer import OFFER
from websocket import HANDSHAKE

USERS = """
httpTrustedProxies: [127.0.0.1]
authInternalUsers: [{user: any, permissions: [{action: api}, {action: read}, {action: metrics}]}]
"""
PATHS = """
paths:
  a: {source: "test://?size=160x120&fps=10"}
  b: {source: "test://?size=160x120&fps=10"}
"""
# Of 20 seconds at once.
SLOW = "httpMaxRequestsPerSecond: 1\nhttpMaxSessionsPerSecond: 1\n"
BURST = 20


class Limits(TestCase):
    def start(self, keys, online=("a",)):
        self.rilld = self.daemon(keys + USERS + PATHS)
        for path in online:
            self.rilld.wait_status(path, "online")

    def call(self, address, method, path, body=None, headers=None):
        """(status, headers, body) of a client behind the proxy."""
        return self.rilld.request(method, path, body, {"X-Forwarded-For": address, **(headers or {})})

    def until_refused(self, address, method, path, body=None, headers=None):
        """How many are answered, and the refusal."""
        for count in range(10 * BURST):
            answer = self.call(address, method, path, body, headers)
            if answer[0] == 429:
                return count, answer
        self.fail(f"{path} is never refused")

    def assert_limited(self, address, method, path, body=None, headers=None):
        count, (_, told, answer) = self.until_refused(address, method, path, body, headers)
        # A second may end meanwhile, and so may a few on a slow machine.
        self.assertGreaterEqual(count, BURST)
        self.assertRegex(told["retry-after"], r"^[1-9]\d*$")
        self.assertEqual(told["content-type"], "application/json")
        self.assertIn(address.encode(), answer)
        self.assertIn(b'"status":"error"', answer)

    def refused(self, limit):
        _, _, body = self.rilld.request("GET", "/metrics")
        name = f'rill_http_rate_limited_total{{limit="{limit}"}} '
        return next(int(line.removeprefix(name)) for line in body.decode().splitlines() if line.startswith(name))

    def test_requests_of_the_api(self):
        self.start(SLOW)
        self.assert_limited("192.0.2.1", "GET", "/api/v1/streams")
        for path in ("/v3/paths/list", "/api/v1/streams/a", "/api/v1/login", "/v3/config/global/get", "/v3/webrtcsessions/list"):
            self.until_refused("192.0.2.1", "GET", path)
        # What costs little, and what others ask.
        for path in ("/health", "/ready", "/", "/static/js/api.js", "/metrics", "/api/v1/streams/a/snapshot.jpg"):
            self.assertIn(self.call("192.0.2.1", "GET", path)[0], (200, 404), path)
        self.assertEqual(self.call("192.0.2.1", "OPTIONS", "/api/v1/streams", headers={"Origin": "https://wall.example"})[0], 204)
        self.assertEqual(self.call("192.0.2.2", "GET", "/api/v1/streams")[0], 200)
        # Pages of elsewhere can read that they were refused.
        _, (_, headers, _) = self.until_refused("192.0.2.1", "GET", "/api/v1/streams", headers={"Origin": "https://wall.example"})
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assert_limited("2001:db8:0:1::1", "GET", "/v3/paths/list")
        self.assertLess(self.until_refused("2001:db8:0:1:ffff::2", "GET", "/v3/paths/list")[0], BURST)
        self.assertEqual(self.call("2001:db8:0:2::1", "GET", "/v3/paths/list")[0], 200)
        self.assertGreaterEqual(self.refused("requests"), 9)
        self.assertEqual(self.refused("sessions"), 0)
        # Once a minute.
        lines = [line for line in self.rilld.lines if "too many requests from 192.0.2.1:" in line]
        self.assertTrue(1 <= len(lines) < 7, lines)

    def test_this_machine_and_a_proxy_itself(self):
        self.start(SLOW)
        for source in ("127.0.0.1", "127.0.0.9"):
            for _ in range(3 * BURST):
                connection = http.client.HTTPConnection("127.0.0.1", self.rilld.port, timeout=30, source_address=(source, 0))
                with contextlib.closing(connection):
                    connection.request("GET", "/api/v1/streams")
                    self.assertEqual(connection.getresponse().status, 200)

    def test_sessions_of_every_protocol(self):
        self.start(SLOW)
        offer = {"Content-Type": "application/sdp"}
        # What is wrong with an offer is found out later.
        self.assert_limited("192.0.2.1", "POST", "/a/whep", "v=0", offer)
        self.assert_limited("192.0.2.2", "GET", "/a/index.m3u8")
        self.assert_limited("192.0.2.3", "POST", "/api/v1/streams/a/sessions", "{}", {"Content-Type": "application/json"})
        for path in ("/ws", "/api/v1/streams/a/frames"):
            self.assertLess(self.until_refused("192.0.2.3", "GET", path, headers=HANDSHAKE)[0], BURST)
        # Whoever plays goes on: neither playlists nor segments count.
        _, _, master = self.call("192.0.2.4", "GET", "/a/index.m3u8")
        media = next(line for line in master.decode().splitlines() if line and not line.startswith("#"))
        for _ in range(3 * BURST):
            self.assertEqual(self.call("192.0.2.4", "GET", f"/a/{media}")[0], 200)
        # One of them still: the list of sessions is the API's.
        self.assertEqual(self.call("192.0.2.3", "GET", "/api/v1/streams/a/sessions")[0] // 100, 2)
        self.assertGreaterEqual(self.refused("sessions"), 5)
        self.assertEqual(self.refused("requests"), 0)

    def test_a_wall_that_loads_all_twice(self):
        self.start("")
        for _ in range(2 * 3 * 64):
            self.assertEqual(self.call("192.0.2.1", "GET", "/a/index.m3u8")[0], 200)
            self.assertEqual(self.call("192.0.2.1", "GET", "/api/v1/streams/a")[0], 200)

    def test_readers_of_all_paths(self):
        self.start("maxTotalReaders: 2\n", online=("a", "b"))
        self.assertEqual(self.call("192.0.2.1", "GET", "/a/index.m3u8")[0], 200)
        self.assertEqual(self.call("192.0.2.1", "GET", "/b/index.m3u8")[0], 200)
        for path in ("/a/index.m3u8", "/b/index.m3u8"):
            self.assertIn("maxTotalReaders", self.rilld.json("GET", path, expected=503)["error"])
        self.assertIn("maxTotalReaders", self.rilld.json("POST", "/b/whep", expected=503, body=OFFER, headers={"Content-Type": "application/sdp"})["error"])
        reader = self.rilld.stream("a")["readers"][0]["id"]
        self.rilld.json("PATCH", "/v3/config/global/patch", body='{"maxTotalReaders": 3}')
        self.assertEqual(self.call("192.0.2.1", "GET", "/b/index.m3u8")[0], 200)
        # Nobody had to go for that.
        self.assertEqual(self.rilld.stream("a")["readers"][0]["id"], reader)

    def test_changes_count_at_once(self):
        self.start(SLOW + "httpMaxConnections: 100\n")
        self.until_refused("192.0.2.1", "GET", "/api/v1/streams")
        self.rilld.json("PATCH", "/v3/config/global/patch", body='{"httpMaxRequestsPerSecond": 0}')
        for _ in range(3 * BURST):
            self.assertEqual(self.call("192.0.2.1", "GET", "/api/v1/streams")[0], 200)
        self.rilld.json("PATCH", "/v3/config/global/patch", body='{"httpMaxConnections": 2}')
        with contextlib.ExitStack() as open_ones:
            opened = [open_ones.enter_context(socket.create_connection(("127.0.0.1", self.rilld.port), 30)) for _ in range(10)]
            # The longest idle ones make room.
            self.assertEqual(opened[0].recv(1), b"")


if __name__ == "__main__":
    unittest.main(verbosity=2)
