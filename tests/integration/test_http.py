"""Clients that misbehave: limits hold, and others are served."""

import socket
import threading
import unittest

from harness import TestCase, wait_for


class Limits(TestCase):
    def setUp(self):
        self.rilld = self.daemon("paths:\n  a: { source: 'rtsp://127.0.0.1:1/x' }\n")

    def served(self):
        return self.rilld.request("GET", "/health")[0] == 200

    def raw(self, data):
        connection = socket.create_connection(("127.0.0.1", self.rilld.port), 30)
        self.addCleanup(connection.close)
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed while we were sending: that is the limit
        return connection

    def answer(self, connection):
        data = b""
        try:
            while chunk := connection.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        return data

    def test_header_of_a_megabyte(self):
        self.raw(b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (1 << 20))
        self.assertTrue(self.served())

    def test_body_of_100_megabytes(self):
        connection = self.raw(b"POST /a/whep HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                              b"Content-Length: 104857600\r\n\r\n")
        self.assertIn(b" 413 ", self.answer(connection)[:64])
        self.assertTrue(self.served())

    def test_slow_client_holds_nobody_up(self):
        slow = self.raw(b"GET /health HTTP/1.1\r\nHo")
        self.assertTrue(self.served())
        slow.sendall(b"st: x\r\nConnection: close\r\n\r\n")
        self.assertIn(b" 200 ", self.answer(slow)[:64])

    def test_ten_thousand_idle_connections(self):
        connections = []
        try:
            for _ in range(10_000):
                try:
                    connections.append(socket.create_connection(("127.0.0.1", self.rilld.port), 30))
                except OSError:
                    break  # our own limit of descriptors
            self.assertGreater(len(connections), 900)
            self.assertTrue(self.served())
            self.assertLess(self.rilld.descriptors(), 6000)
        finally:
            for connection in connections:
                connection.close()
        wait_for(lambda: self.rilld.descriptors() < 100, "the connections are gone")

    def test_paths_that_lead_out(self):
        for path in ("/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/a%00b", "//", "/static/%2fetc/passwd"):
            with self.subTest(path):
                self.assertIn(self.rilld.request("GET", path)[0], (400, 404))

    def test_many_at_once(self):
        failures = []

        def client():
            for _ in range(50):
                if self.rilld.request("GET", "/api/v1/streams")[0] != 200:
                    failures.append(1)

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class Origins(TestCase):
    """Web pages of other origins read what is answered by nobody in particular, too."""

    MINE, OTHER, HLS = "https://a.example", "https://b.example", "https://hls.example"

    def setUp(self):
        self.rilld = self.daemon(f"httpAllowOrigins: ['{self.MINE}']\nhlsAllowOrigins: ['{self.HLS}']\n"
                                 f"apiAllowOrigins: ['{self.HLS}']\nmetricsAllowOrigins: ['{self.HLS}']\n"
                                 "webrtcAllowOrigins: []\n"
                                 "paths:\n  a: { source: 'rtsp://127.0.0.1:1/x', hls: yes, webrtc: yes }\n")

    def allowed(self, method, path, origin):
        """The status, and which origin may read the answer."""
        status, headers, _ = self.rilld.request(method, path, headers={"Origin": origin})
        self.assertIn("Origin", headers["vary"])
        return status, headers.get("access-control-allow-origin")

    # With what each answers a GET.
    NOBODYS = {"/nowhere": 404, "/nowhere/whep": 404, "/api/v1/nothing": 404, "/a/nothing": 404, "/a": 302, "/a/": 200,
               "/": 200, "/static/nothing.js": 404}

    def test_what_has_no_cors_of_its_own(self):
        for path, status in self.NOBODYS.items():
            with self.subTest(path=path):
                self.assertEqual(self.allowed("GET", path, self.MINE), (status, self.MINE))
                self.assertEqual(self.allowed("GET", path, self.OTHER), (status, None))

    def test_preflights(self):
        for path in self.NOBODYS:
            with self.subTest(path=path):
                self.assertEqual(self.allowed("OPTIONS", path, self.MINE), (204, self.MINE))
                self.assertEqual(self.allowed("OPTIONS", path, self.OTHER), (204, None))
        headers = self.rilld.request("OPTIONS", "/nowhere/whep", headers={"Origin": self.MINE})[1]
        self.assertIn("POST", headers["access-control-allow-methods"])
        self.assertIn("content-type", headers["access-control-allow-headers"])

    def test_what_has_its_own(self):
        for method, path, status in (("GET", "/api/v1/streams", 200), ("GET", "/api/v1/streams/b", 404),
                                     ("GET", "/metrics", 200), ("OPTIONS", "/metrics", 204),
                                     ("OPTIONS", "/api/v1/streams", 204), ("PUT", "/a/index.m3u8", 405),
                                     ("OPTIONS", "/a/index.m3u8", 204)):
            with self.subTest(method=method, path=path):
                self.assertEqual(self.allowed(method, path, self.HLS), (status, self.HLS))
                self.assertEqual(self.allowed(method, path, self.MINE), (status, None))
        for method, status in (("PUT", 405), ("OPTIONS", 204)):
            with self.subTest(method=method):
                self.assertEqual(self.allowed(method, "/a/whep", self.MINE), (status, None))


if __name__ == "__main__":
    unittest.main(verbosity=2)
