"""Messages as frames."""

import email.message
import unittest
from datetime import datetime, timezone

import numpy

from fake_server import message
from rill.errors import ProtocolError
from rill.frame import HEADER, Frame

HEADERS = {"X-Rill-Format": "bgr", "X-Rill-Width": "2", "X-Rill-Height": "2", "X-Rill-Stride": "8", "X-Rill-Sequence": "7",
           "X-Rill-Time": "2026-01-08T10:00:01.250000Z"}


class Messages(unittest.TestCase):
    def test_what_the_header_says(self):
        frame = Frame.from_message(bytearray(message(1 << 40, size=(6, 4))))
        self.assertEqual((frame.sequence, frame.format, frame.width, frame.height), (1 << 40, "bgr", 6, 4))
        self.assertEqual(frame.captured, datetime(2026, 1, 8, 10, 0, 1, 250_000, timezone.utc))
        self.assertEqual((frame.running_time, frame.matrix, frame.full_range), (2.5, 0, True))

    def test_shapes(self):
        for layout, shape in (("bgr", (4, 6, 3)), ("rgb", (4, 6, 3)), ("gray", (4, 6)), ("i420", (6, 6))):
            with self.subTest(layout):
                frame = Frame.from_message(bytearray(message(9, layout, (6, 4))))
                self.assertEqual((frame.array.shape, frame.array.dtype), (shape, numpy.uint8))
                self.assertTrue((frame.array == 9).all())

    def test_i420(self):
        frame = Frame.from_message(bytearray(message(9, "i420", (6, 4))))
        self.assertEqual((frame.matrix, frame.full_range), (6, False))
        odd = Frame.from_message(bytearray(message(9, "i420", (5, 3))))
        self.assertEqual(odd.array.shape, (5 * 3 + 2 * 3 * 2,))

    def test_files(self):
        for layout in ("jpeg", "png"):
            with self.subTest(layout):
                frame = Frame.from_message(bytearray(message(9, layout, (6, 4), payload=b"a file")))
                self.assertEqual(frame.array.tobytes(), b"a file")

    def test_padded_rows(self):
        rows = bytes([1] * 6 + [0, 0] + [2] * 6 + [0, 0])
        frame = Frame.from_message(bytearray(message(0, size=(2, 2), stride=8, payload=rows)))
        self.assertEqual(frame.array[0].tolist(), [[1, 1, 1]] * 2)
        self.assertEqual(frame.array[1].tolist(), [[2, 2, 2]] * 2)

    def test_channels_lie_together(self):
        frame = Frame.from_message(bytearray(message(0, size=(2, 1), payload=bytes(range(6)))))
        self.assertEqual(frame.array.tolist(), [[[0, 1, 2], [3, 4, 5]]])

    def test_a_view_that_can_be_drawn_on(self):
        data = bytearray(message(0))
        Frame.from_message(data).array[0, 0, 0] = 200
        self.assertEqual(data[HEADER.size], 200)

    def test_a_longer_header_is_for_later_servers(self):
        late = bytearray(message(3, start=HEADER.size + 8))
        late[HEADER.size:HEADER.size] = b"whatever"
        self.assertTrue((Frame.from_message(late).array == 3).all())

    def test_what_is_no_frame(self):
        for what, data in (
                ("nothing", b""), ("cut within the header", message(1)[:HEADER.size - 1]), ("cut within the picture", message(1)[:-1]),
                ("more than the picture", message(1) + b"x"), ("magic", message(1, magic=b"JUNK")), ("version", message(1, version=2)),
                ("format", message(1, code=99)), ("a header that is too short", message(1, start=8)),
                ("a header past the end", message(1, start=9999)), ("a stride less than a row", message(1, stride=11)),
                ("no width", message(1, size=(0, 0))), ("a height past the payload", message(1, height=3)),
                ("a time past all calendars", message(1, captured=1 << 62)), ("padded planes", message(1, "i420", stride=8))):
            with self.subTest(what), self.assertRaises(ProtocolError):
                Frame.from_message(bytearray(data))


class Answers(unittest.TestCase):
    def headers(self, **changed):
        headers = email.message.Message()
        for name, value in {**HEADERS, **changed}.items():
            if value is not None:
                headers[name] = value
        return headers

    def test_what_the_headers_say(self):
        frame = Frame.from_answer(self.headers(), bytes(range(16)))
        self.assertEqual((frame.sequence, frame.format, frame.width, frame.height), (7, "bgr", 2, 2))
        self.assertEqual(frame.captured, datetime(2026, 1, 8, 10, 0, 1, 250_000, timezone.utc))
        self.assertEqual(frame.array.tolist(), [[[0, 1, 2], [3, 4, 5]], [[8, 9, 10], [11, 12, 13]]])
        frame.array[0] = 0  # writable

    def test_what_describes_no_frame(self):
        for name, value in (("X-Rill-Width", None), ("X-Rill-Width", "wide"), ("X-Rill-Time", "yesterday"), ("X-Rill-Format", None),
                            ("X-Rill-Format", "tiff"), ("X-Rill-Sequence", None), ("X-Rill-Height", "3")):
            with self.subTest(name, value=value), self.assertRaises(ProtocolError):
                Frame.from_answer(self.headers(**{name: value}), bytes(range(16)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
