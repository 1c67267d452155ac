"""Signalling at /ws, without media: one session a socket, and messages that are wrong."""

import json
import unittest

from harness import TestCase, wait_for
from offer import OFFER
from websocket import WebSocket

CANDIDATE = "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host"


class Signalling(TestCase):

    def setUp(self):
        camera = self.camera("a:codec=h264,size=160x120,audio=pcmu")
        self.rilld = self.daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n  gone: {{ source: rtsp://127.0.0.1:1/x }}\n")
        self.rilld.wait_status("a", "online")

    def socket(self):
        socket = WebSocket(self.rilld.port, "/ws")
        self.addCleanup(socket.__exit__)
        return socket

    def send(self, socket, **message):
        socket.send(json.dumps(message))

    def receive(self, socket):
        opcode, payload = socket.receive()
        self.assertEqual(opcode, 1, payload)
        return json.loads(payload)

    def assert_error(self, socket, code):
        message = self.receive(socket)
        self.assertEqual((message["type"], message["code"]), ("error", code), message)
        self.assertTrue(message["message"])

    def readers(self):
        return self.rilld.stream("a")["readerCount"]

    def test_session(self):
        socket = self.socket()
        self.send(socket, type="candidate", candidate=CANDIDATE)  # one may come before the offer
        self.send(socket, type="offer", streamId="a", sdp=OFFER)
        answer = self.receive(socket)
        self.assertEqual(answer["type"], "answer")
        self.assertIn("a=candidate:", answer["sdp"])
        self.assertRegex(answer["sessionId"], r"^[0-9a-f-]{36}$")
        self.assertEqual([reader["id"] for reader in self.rilld.stream("a")["readers"]], [answer["sessionId"]])
        self.send(socket, type="candidate", candidate=CANDIDATE, sdpMid="0", sdpMLineIndex=0)
        self.send(socket, type="candidate", candidate="")
        self.send(socket, type="candidate", candidate=None)
        self.send(socket, type="offer", streamId="a", sdp=OFFER)
        self.assert_error(socket, 409)
        self.assertEqual(self.readers(), 1)
        socket.__exit__()
        wait_for(lambda: self.readers() == 0, "the session ends with its socket")

    def test_what_is_wrong_is_said_and_the_socket_stays(self):
        socket = self.socket()
        for what, text, opcode in (
                ("empty", "", 1), ("no JSON", "{", 1), ("no object", "[]", 1), ("a number", "1", 1), ("no type", "{}", 1),
                ("type of another type", '{"type":1}', 1), ("unknown type", '{"type":"bye"}', 1),
                ("binary", '{"type":"offer","streamId":"a","sdp":"x"}', 2), ("deep", "[" * 100_000, 1),
                ("offer without SDP", '{"type":"offer","streamId":"a"}', 1),
                ("offer without a stream", '{"type":"offer","sdp":"v=0"}', 1),
                ("candidate", '{"type":"candidate","candidate":"candidate:x"}', 1),
                ("a line too many", json.dumps({"type": "candidate", "candidate": CANDIDATE + "\r\na=x"}), 1)):
            with self.subTest(what):
                socket.send(text, opcode)
                self.assert_error(socket, 400)
        # After all that the socket still has its session to give.
        self.send(socket, type="offer", streamId="a", sdp=OFFER)
        self.assertEqual(self.receive(socket)["type"], "answer")

    def test_an_offer_that_cannot_be_served_ends_the_socket(self):
        no_common_codec = OFFER.replace("H264/90000", "AV1/90000").replace("VP8/90000", "AV1/90000").replace("VP9/90000", "AV1/90000").replace("PCMU/8000", "G722/8000").replace("opus/", "G722/")
        for what, stream, sdp, code in (
                ("unknown path", "none", OFFER, 404), ("empty path", "", OFFER, 404),
                ("offline path", "gone", OFFER, 404), ("broken SDP", "a", "v=0", 400),
                ("no common codec", "a", no_common_codec, 406)):
            with self.subTest(what):
                socket = self.socket()
                self.send(socket, type="offer", streamId=stream, sdp=sdp)
                self.assert_error(socket, code)
                self.assertEqual(socket.close_code(), 1000)
        wait_for(lambda: self.readers() == 0, "nobody is counted as a reader")

    def test_oversize(self):
        socket = self.socket()
        self.send(socket, type="offer", streamId="a", sdp="x" * (1 << 20))
        self.assertEqual(socket.close_code(), 1009)

    def test_invalid_utf8(self):
        socket = self.socket()
        socket.send(b'{"type":"\xff"}')
        self.assertEqual(socket.close_code(), 1007)

    def test_the_path_ends(self):
        socket = self.socket()
        self.send(socket, type="offer", streamId="a", sdp=OFFER)
        self.assertEqual(self.receive(socket)["type"], "answer")
        self.rilld.json("POST", "/api/v1/streams/a/stop")
        closed = self.receive(socket)
        self.assertEqual(closed["type"], "closed")
        self.assertIn("stopped", closed["reason"])
        self.assertEqual(socket.close_code(), 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
