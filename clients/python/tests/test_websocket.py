"""The WebSocket, byte by byte."""

import os
import queue
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from fake_server import Connection, FakeServer
from rill.errors import ConnectionLost, ProtocolError, ServerError
from rill.server import Server
from rill.websocket import BINARY, CLOSE, PING, PONG, TEXT, Closed, WebSocket


class TestCase(unittest.TestCase):
    def open(self, script, tls=None, trust=None, **options):
        """A WebSocket whose other end is the script's."""
        server = FakeServer(script, tls)
        self.addCleanup(server.close)
        connected = WebSocket(Server(server.url, timeout=10, ssl_context=trust), "/x", **options)
        self.addCleanup(connected.close)
        return connected


class Messages(TestCase):
    def test_lengths(self):
        sizes = (0, 125, 126, 65535, 65536, 3_000_000)

        def script(peer):
            for size in sizes:
                peer.send(bytes([size % 251]) * size)
            peer.until_gone()

        connected = self.open(script)
        for size in sizes:
            self.assertEqual(connected.receive(), (BINARY, bytes([size % 251]) * size))

    def test_bytes_that_come_with_the_handshake_and_one_at_a_time(self):
        def script(peer):
            for byte in struct.pack("!BB", 0x82, 3) + b"abc":
                peer.socket.sendall(bytes([byte]))
            peer.until_gone()

        self.assertEqual(self.open(script).receive(), (BINARY, b"abc"))

    def test_fragments_with_a_ping_between(self):
        pongs = []

        def script(peer):
            peer.send(b"one ", BINARY, final=False)
            peer.send(b"are you there?", PING)
            peer.send(b"two ", 0, final=False)
            peer.send(b"", 0, final=False)
            peer.send(b"three", 0)
            pongs.append(peer.receive())
            peer.send(b"next", TEXT)
            peer.until_gone()

        connected = self.open(script)
        self.assertEqual(connected.receive(), (BINARY, b"one two three"))
        self.assertEqual(connected.receive(), (TEXT, b"next"))
        self.assertEqual(pongs, [(PONG, b"are you there?")])

    def test_payloads_are_writable_and_do_not_share_memory(self):
        def script(peer):
            peer.send(b"same")
            peer.send(b"same")
            peer.until_gone()

        connected = self.open(script)
        _, first = connected.receive()
        first[0] = 0
        self.assertEqual(connected.receive()[1], b"same")


class Ends(TestCase):
    def test_close_is_answered(self):
        said = queue.Queue()

        def script(peer):
            peer.send(struct.pack("!H", 1001) + "Güte".encode(), CLOSE)
            said.put(peer.receive())

        connected = self.open(script)
        with self.assertRaisesRegex(Closed, "1001: Güte") as caught:
            connected.receive()
        self.assertEqual(caught.exception.code, 1001)
        self.assertEqual(said.get(timeout=10), (CLOSE, struct.pack("!H", 1001)))

    def test_close_without_a_code(self):
        connected = self.open(lambda peer: peer.send(b"", CLOSE))
        with self.assertRaises(Closed) as caught:
            connected.receive()
        self.assertEqual(caught.exception.code, 1005)

    def test_closing_says_so(self):
        said = []
        gone = threading.Event()

        def script(peer):
            said.extend(peer.until_gone())
            gone.set()

        self.open(script).close()
        self.assertTrue(gone.wait(10))
        self.assertEqual(said, [(CLOSE, struct.pack("!H", 1000))])

    def test_a_connection_that_breaks_within_a_message(self):
        connected = self.open(lambda peer: peer.socket.sendall(struct.pack("!BB", 0x82, 100) + b"only this"))
        with self.assertRaises(ConnectionLost) as caught:
            connected.receive()
        self.assertNotIsInstance(caught.exception, Closed)

    def test_another_thread_ends_a_wait(self):
        connected = self.open(Connection.until_gone, idle_timeout=60)
        problems = []

        def receive():
            try:
                connected.receive()
            except ConnectionLost as problem:
                problems.append(problem)

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        connected.shut_down()
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.assertEqual(len(problems), 1)


class Silence(TestCase):
    def test_a_silent_server_is_pinged_then_given_up(self):
        said = queue.Queue()
        gone = threading.Event()

        def script(peer):
            said.put(peer.receive())
            gone.wait(10)

        connected = self.open(script, idle_timeout=0.05)
        with self.assertRaisesRegex(ConnectionLost, "ping"):
            connected.receive()
        gone.set()
        self.assertEqual(said.get(timeout=10), (PING, b""))

    def test_a_pong_keeps_it(self):
        def script(peer):
            for _ in range(4):
                opcode, payload = peer.receive()
                assert opcode == PING, opcode
                peer.send(payload, PONG)
            peer.send(b"at last")
            peer.until_gone()

        self.assertEqual(self.open(script, idle_timeout=0.2).receive(), (BINARY, b"at last"))


class Violations(TestCase):
    def refuses(self, send, code, what, **options):
        said = queue.Queue()

        def script(peer):
            send(peer)
            said.put(peer.receive())

        connected = self.open(script, **options)
        with self.assertRaisesRegex(ProtocolError, what):
            connected.receive()
        self.assertEqual(said.get(timeout=10), (CLOSE, struct.pack("!H", code)))

    def test_reserved_bits(self):
        self.refuses(lambda peer: peer.send(b"", reserved=0x40), 1002, "reserved")

    def test_masked(self):
        self.refuses(lambda peer: peer.send(b"", masked=True), 1002, "masked")

    def test_opcodes(self):
        self.refuses(lambda peer: peer.send(b"", 3), 1002, "opcode 3")

    def test_long_ping(self):
        self.refuses(lambda peer: peer.send(b"x" * 126, PING), 1002, "control")

    def test_ping_in_parts(self):
        self.refuses(lambda peer: peer.send(b"", PING, final=False), 1002, "control")

    def test_continuation_of_nothing(self):
        self.refuses(lambda peer: peer.send(b"", 0), 1002, "continuation")

    def test_message_within_a_message(self):
        def send(peer):
            peer.send(b"", BINARY, final=False)
            peer.send(b"", BINARY)

        self.refuses(send, 1002, "within")

    def test_too_big_before_memory_is_taken(self):
        self.refuses(lambda peer: peer.socket.sendall(struct.pack("!BBQ", 0x82, 127, 1 << 62)), 1009, "more than 1000 bytes",
                     max_message=1000)

    def test_too_big_in_parts(self):
        def send(peer):
            peer.send(b"x" * 600, BINARY, final=False)
            peer.send(b"x" * 600, 0)

        self.refuses(send, 1009, "more than 1000 bytes", max_message=1000)


class Handshakes(TestCase):
    def refused(self, answer, error):
        server = FakeServer()
        self.addCleanup(server.close)
        server.upgrade = answer
        with self.assertRaises(error) as caught:
            WebSocket(Server(server.url), "/x")
        return caught.exception

    def test_the_servers_own_words(self):
        body = b'{"status":"error","error":"format is none of \\u2026"}'
        error = self.refused(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body), ServerError)
        self.assertEqual((error.status, str(error)), (400, "400: format is none of …"))

    def test_no_json(self):
        self.assertEqual(self.refused(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ServerError).status, 502)

    def test_wrong_accept(self):
        self.refused(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: nonsense\r\n\r\n", ProtocolError)

    def test_no_http(self):
        self.refused(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ProtocolError)

    def test_a_head_without_end(self):
        self.refused(b"HTTP/1.1 101 x\r\n" + b"a: b\r\n" * 20_000, ProtocolError)

    def test_no_answer(self):
        self.refused(b"HTTP/1.1 101", ConnectionLost)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with self.assertRaisesRegex(ConnectionLost, f"127.0.0.1:{port} cannot be reached"):
            WebSocket(Server(f"http://127.0.0.1:{port}"), "/x")

    def test_a_server_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            server = Server(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1)
            with self.assertRaisesRegex(ConnectionLost, "does not answer"):
                WebSocket(server, "/x")


class Tls(TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.certificate, cls.key = (os.path.join(folder.name, name) for name in ("certificate.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=rill", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", cls.key,
                        "-out", cls.certificate], check=True, capture_output=True)

    def serving(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def test_messages(self):
        def script(peer):
            peer.send(b"x" * 1_000_000)
            peer.until_gone()

        trust = ssl.create_default_context(cafile=self.certificate)
        self.assertEqual(self.open(script, self.serving(), trust).receive(), (BINARY, b"x" * 1_000_000))

    def test_an_unknown_certificate(self):
        with self.assertRaisesRegex(ConnectionLost, "(?i)certificate"):
            self.open(Connection.until_gone, self.serving())

    def test_another_thread_ends_a_wait(self):
        trust = ssl.create_default_context(cafile=self.certificate)
        connected = self.open(Connection.until_gone, self.serving(), trust, idle_timeout=60)
        ended = threading.Event()

        def receive():
            try:
                connected.receive()
            except ConnectionLost:
                ended.set()

        threading.Thread(target=receive, daemon=True).start()
        connected.shut_down()
        self.assertTrue(ended.wait(10))


if __name__ == "__main__":
    unittest.main(verbosity=2)
