"""RTSPStreamClient against a server that does as the test says."""

import logging
import queue
import struct
import threading
import unittest

from fake_server import FakeServer, message
from rill import ConnectionLost, RillError, RTSPStreamClient, ServerError, StreamNotConfigured
from rill.backoff import Backoff
from rill.websocket import CLOSE

# Losses are what many of these tests are about.
logging.getLogger("rill").setLevel(logging.CRITICAL)

FAST = {"reconnect_delay": 0.01, "max_reconnect_delay": 0.02}


class TestCase(unittest.TestCase):
    def serve(self, script=None):
        server = FakeServer(script) if script else FakeServer()
        self.addCleanup(server.close)
        return server

    def client(self, server, stream="cam", **options):
        client = RTSPStreamClient(server.url, stream, **{**FAST, **options})
        self.addCleanup(client.close)
        return client


class Control(TestCase):
    def test_start_stream(self):
        server = self.serve()
        self.client(server).start_stream("rtsp://192.0.2.10/stream1", width=640, height=480)
        self.assertEqual([server.requests.get(timeout=10)[:2] for _ in range(2)],
                         [("GET", "/api/v1/streams/cam"), ("POST", "/api/v1/streams/cam/start")])

    def test_stop_stream(self):
        server = self.serve()
        self.client(server).stop_stream()
        self.assertEqual([server.requests.get(timeout=10)[:2] for _ in range(2)],
                         [("GET", "/api/v1/streams/cam"), ("POST", "/api/v1/streams/cam/stop")])

    def test_a_path_that_is_not_configured(self):
        server = self.serve()
        with self.assertRaisesRegex(StreamNotConfigured, "no path 'door'.*configuration"):
            self.client(server, "door").start_stream("rtsp://192.0.2.10/stream1")
        self.assertEqual(server.requests.get(timeout=10)[0], "GET")
        self.assertTrue(server.requests.empty())

    def test_a_refusal_in_the_servers_words(self):
        server = self.serve()
        server.answers["POST", "/api/v1/streams/cam/start"] = (503, {}, b'{"error":"ending"}')
        with self.assertRaisesRegex(ServerError, "503: ending") as caught:
            self.client(server).start_stream()
        self.assertEqual(caught.exception.status, 503)

    def test_names_with_slashes_and_servers_below_a_path(self):
        server = self.serve()
        server.answers["GET", "/proxy/api/v1/streams/site/a%20b"] = (200, {}, b'{"status":"online"}')
        client = RTSPStreamClient(server.url.replace("http", "ws") + "/proxy/", "site/a b", headers={"Authorization": "Bearer x"})
        self.assertEqual(client.stream_status(), {"status": "online"})
        self.assertEqual(server.requests.get(timeout=10)[2]["authorization"], "Bearer x")

    def test_a_server_that_is_none(self):
        server = self.serve()
        server.answers["GET", "/api/v1/streams/cam"] = (200, {}, b"<html>")
        with self.assertRaisesRegex(RillError, "no JSON"):
            self.client(server).stream_status()

    def test_snapshot_and_latest_frame(self):
        server = self.serve()
        server.answers["GET", "/api/v1/streams/cam/snapshot.jpg"] = (200, {}, b"\xff\xd8")
        server.answers["GET", "/api/v1/streams/cam/frame?format=gray&width=2&after=6"] = (
            200, {"X-Rill-Format": "gray", "X-Rill-Width": 2, "X-Rill-Height": 1, "X-Rill-Stride": 2, "X-Rill-Sequence": 7,
                  "X-Rill-Time": "2026-01-08T10:00:01.250000Z"}, b"\x01\x02")
        client = self.client(server, format="gray", width=2)
        self.assertEqual(client.snapshot(), b"\xff\xd8")
        frame = client.latest_frame(after=6)
        self.assertEqual((frame.sequence, frame.array.tolist()), (7, [[1, 2]]))

    def test_what_is_wrong_at_once(self):
        for url, options in (("localhost:8080", {}), ("ftp://host", {}), ("http://", {}), ("http://host", {"format": "tiff"}),
                             ("http://host", {"buffer_size": 0})):
            with self.subTest(url, **options), self.assertRaises(ValueError):
                RTSPStreamClient(url, "cam", **options)


class Receiving(TestCase):
    def test_frames_in_order(self):
        def script(peer):
            for sequence in range(5):
                peer.send(message(sequence))
            peer.until_gone()

        server = self.serve(script)
        with self.client(server, fps=12.5) as client:
            client.start_stream("rtsp://192.0.2.10/stream1", width=4, height=2)
            client.start_receiving()
            client.start_receiving()
            array = client.get_frame(timeout=10)
            self.assertEqual((array.shape, int(array.max())), ((2, 4, 3), 0))
            self.assertEqual([client.next_frame(10).sequence for _ in range(4)], [1, 2, 3, 4])
            counters = client.counters
        self.assertEqual((counters.received, counters.dropped, counters.connections, counters.connected), (5, 0, 1, True))
        asked = [server.requests.get(timeout=10)[1] for _ in range(3)][-1]
        self.assertEqual(asked, "/api/v1/streams/cam/frames?format=bgr&width=4&height=2&fps=12.5")

    def test_no_frame_in_time(self):
        client = self.client(self.serve())
        client.start_receiving()
        self.assertIsNone(client.get_frame(timeout=0.01))
        self.assertIsNone(client.get_frame(timeout=0))

    def test_before_it_began(self):
        with self.assertRaisesRegex(RillError, "start_receiving"):
            self.client(self.serve()).get_frame(timeout=0)

    def test_a_slow_consumer_gets_the_newest(self):
        sent = threading.Event()

        def script(peer):
            for sequence in range(100):
                peer.send(message(sequence))
            peer.send(b"?", 9)
            peer.receive()  # the pong: the client has read all that came before
            sent.set()
            peer.until_gone()

        client = self.client(self.serve(script), buffer_size=3)
        client.start_receiving()
        self.assertTrue(sent.wait(10))
        self.assertEqual([client.next_frame(0).sequence for _ in range(3)], [97, 98, 99])
        self.assertIsNone(client.next_frame(0))
        self.assertEqual((client.counters.received, client.counters.dropped), (100, 97))

    def test_text_is_passed_over(self):
        def script(peer):
            peer.send(b"{}", 1)
            peer.send(message(1))
            peer.until_gone()

        client = self.client(self.serve(script))
        client.start_receiving()
        self.assertEqual(client.next_frame(10).sequence, 1)

    def test_the_iterator_ends_with_the_client(self):
        def script(peer):
            for sequence in range(3):
                peer.send(message(sequence))
            peer.until_gone()

        client = self.client(self.serve(script))
        client.start_receiving()
        results = queue.Queue()

        def iterate():
            seen = []
            for frame in client.frames():
                seen.append(frame.sequence)
                if len(seen) == 3:
                    client.close()
            results.put(seen)

        threading.Thread(target=iterate, daemon=True).start()
        self.assertEqual(results.get(timeout=10), [0, 1, 2])

    def test_closing_wakes_a_waiting_thread(self):
        client = self.client(self.serve())
        client.start_receiving()
        frames = client.frames()
        results = queue.Queue()
        threading.Thread(target=lambda: results.put(list(frames)), daemon=True).start()
        client.close()
        self.assertEqual(results.get(timeout=10), [])

    def test_a_second_time(self):
        def script(peer):
            peer.send(message(1))
            peer.until_gone()

        client = self.client(self.serve(script))
        for _ in range(2):
            client.start_receiving()
            self.assertEqual(client.next_frame(10).sequence, 1)
            client.stop_receiving()


class Losses(TestCase):
    def after(self, *first):
        """A client whose first connections do what `first` does, and whose next one has frame 99."""
        scripts = list(first)

        def script(peer):
            if scripts:
                scripts.pop(0)(peer)
                return
            peer.send(message(99))
            peer.until_gone()

        client = self.client(self.serve(script))
        client.start_receiving()
        return client

    def test_reconnects_after_a_loss(self):
        client = self.after(lambda peer: peer.send(message(1)), lambda peer: None,
                            lambda peer: peer.send(struct.pack("!H", 1001), CLOSE))
        self.assertEqual([client.next_frame(10).sequence for _ in range(2)], [1, 99])
        self.assertEqual(client.counters.connections, 2)

    def test_delays_begin_anew_after_a_frame(self):
        # Doubled each time, the last of these would be hours.
        sequences = iter(range(24))
        server = self.serve(lambda peer: peer.send(message(next(sequences, 99))))
        client = self.client(server, reconnect_delay=0.001, max_reconnect_delay=1e6)
        client.start_receiving()
        for sequence in range(24):
            self.assertEqual(client.next_frame(10).sequence, sequence)

    def test_reconnects_after_what_is_no_frame(self):
        for junk in (b"", b"junk", message(1, version=9), message(1)[:-1]):
            with self.subTest(junk[:8]):
                self.assertEqual(self.after(lambda peer, junk=junk: peer.send(junk)).next_frame(10).sequence, 99)

    def test_reconnects_after_a_busy_server(self):
        server = self.serve(lambda peer: (peer.send(message(1)), peer.until_gone()))
        server.upgrade = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n"
        client = self.client(server)
        client.start_receiving()
        for _ in range(3):
            server.requests.get(timeout=10)
        server.upgrade = None
        self.assertEqual(client.next_frame(10).sequence, 1)

    def test_a_camera_that_is_away_is_waited_for(self):
        server = self.serve(lambda peer: (peer.send(message(1)), peer.until_gone()))
        server.upgrade = b"HTTP/1.1 404 Not Found\r\n\r\n"
        client = self.client(server)
        client.start_receiving()
        for _ in range(4):
            server.requests.get(timeout=10)
        server.upgrade = None
        self.assertEqual(client.next_frame(10).sequence, 1)

    def test_refusals_by_close_frame(self):
        def refuse(code):
            return lambda peer: peer.send(struct.pack("!H", code) + b"no", CLOSE)

        # 404: of a path that the server knows, so it is the camera that is away.
        client = self.after(refuse(4503), refuse(4404), refuse(4429))
        self.assertEqual(client.next_frame(10).sequence, 99)
        self.assertEqual(client.counters.connections, 1)
        client = self.after(refuse(4400))
        with self.assertRaisesRegex(ServerError, "400: no"):
            client.next_frame(10)

    def test_a_path_that_is_not_configured_by_close_frame(self):
        client = self.client(self.serve(lambda peer: peer.send(struct.pack("!H", 4404), CLOSE)), "door")
        client.start_receiving()
        with self.assertRaises(StreamNotConfigured):
            client.get_frame(timeout=10)

    def test_a_path_that_is_not_configured_ends_it(self):
        server = self.serve()
        server.upgrade = b"HTTP/1.1 404 Not Found\r\n\r\n"
        client = self.client(server, "door")
        client.start_receiving()
        for _ in range(2):
            with self.assertRaises(StreamNotConfigured):
                client.get_frame(timeout=10)

    def test_what_fails_unexpectedly_after_a_refusal_ends_it(self):
        server = self.serve()
        server.upgrade = b"HTTP/1.1 404 Not Found\r\n\r\n"
        client = self.client(server, headers={"Authorization": "Bearer x\n"})  # which http.client refuses to send
        client.start_receiving()
        with self.assertRaisesRegex(ValueError, "header"):
            client.get_frame(timeout=10)

    def test_a_wrong_request_ends_it(self):
        server = self.serve()
        body = b'{"error":"width is wrong"}'
        server.upgrade = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        client = self.client(server)
        client.start_receiving()
        with self.assertRaisesRegex(ServerError, "400: width is wrong"):
            client.get_frame(timeout=10)

    def test_nobody_there_is_no_end(self):
        server = FakeServer()
        server.close()
        client = self.client(server)
        with self.assertRaises(ConnectionLost):
            client.start_stream()
        client.start_receiving()
        self.assertIsNone(client.get_frame(timeout=0.2))
        self.assertFalse(client.counters.connected)


class Delays(unittest.TestCase):
    def test_doubling_with_a_limit(self):
        backoff = Backoff(1, 5, lambda: 1)
        self.assertEqual([backoff.next() for _ in range(5)], [1, 2, 4, 5, 5])
        backoff.reset()
        self.assertEqual(backoff.next(), 1)

    def test_jitter_is_up_to_half(self):
        self.assertEqual(Backoff(1, 5, lambda: 0).next(), 0.5)
        delays = {Backoff(1, 5).next() for _ in range(20)}
        self.assertGreater(len(delays), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
