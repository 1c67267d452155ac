"""A picture, and the message it comes in."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Mapping, Union

import numpy

from .errors import ProtocolError

FORMATS = ("bgr", "rgb", "gray", "i420", "jpeg", "png")

MAGIC = b"RILF"
# magic, version, header size, format, width, height, stride, sequence, captured (µs), running time (ns), payload size, matrix,
# full range
HEADER = struct.Struct("<4sHHIIIIQqqIBB10x")
VERSION = 1
FORMAT_CODES = dict(enumerate(FORMATS, 1))

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Frame:
    """One picture.

    `array` is uint8, writable, and nobody else's:

    - bgr, rgb: (height, width, 3)
    - gray: (height, width)
    - i420: (height * 3 / 2, width), what cv2.COLOR_YUV2BGR_I420 takes; (bytes,) where a side is odd
    - jpeg, png: (bytes,), what cv2.imdecode takes

    `sequence` counts the pictures of the stream: a gap is pictures that were left out. `captured` is when it was taken, in UTC.
    `running_time` is the same in seconds of the server's media clock, which never steps; NaN when unknown.
    `matrix` says how colours became the samples of i420, as ISO/IEC 23091-2 numbers it (1: BT.709, 5 and 6: BT.601), 0 for all
    else or when unknown; `full_range` whether samples are 0 to 255 instead of 16 to 235."""

    array: numpy.ndarray
    sequence: int
    captured: datetime
    running_time: float
    format: str
    width: int
    height: int
    matrix: int = 0
    full_range: bool = True

    @classmethod
    def from_message(cls, message: Union[bytes, bytearray]) -> "Frame":
        """A binary message of the WebSocket; the array is a view of it. Raises ProtocolError."""
        if len(message) < HEADER.size:
            raise ProtocolError(f"a message of {len(message)} bytes; the header of a frame has {HEADER.size}")
        (magic, version, start, code, width, height, stride, sequence, captured, running, size, matrix,
         full_range) = HEADER.unpack_from(message)
        if magic != MAGIC or version != VERSION:
            raise ProtocolError(f"a message that begins with {bytes(message[:6])!r}, which is no frame of version {VERSION}")
        if code not in FORMAT_CODES:
            raise ProtocolError(f"a frame of the unknown format {code}")
        if start < HEADER.size or start + size != len(message):
            raise ProtocolError(f"a message of {len(message)} bytes whose frame has {start} and {size}")
        layout = FORMAT_CODES[code]
        payload = memoryview(message)[start:]
        return cls(as_array(payload, layout, width, height, stride), sequence, utc(captured), running / 1e9, layout, width, height,
                   matrix, bool(full_range))

    @classmethod
    def from_answer(cls, headers: Mapping[str, str], body: bytes) -> "Frame":
        """An answer to GET …/frame. Raises ProtocolError."""
        try:
            layout = headers["X-Rill-Format"]
            width, height = int(headers["X-Rill-Width"]), int(headers["X-Rill-Height"])
            stride = int(headers.get("X-Rill-Stride", "0"))
            sequence = int(headers["X-Rill-Sequence"])
            captured = datetime.strptime(headers["X-Rill-Time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"an answer whose X-Rill headers describe no frame: {error}") from None
        payload = memoryview(bytearray(body))
        return cls(as_array(payload, layout, width, height, stride), sequence, captured, float("nan"), layout, width, height)


def utc(microseconds: int) -> datetime:
    """Of microseconds since 1970. Raises ProtocolError for what no calendar has."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ProtocolError(f"a frame captured {microseconds} µs after 1970") from None


def as_array(payload: memoryview, layout: str, width: int, height: int, stride: int) -> numpy.ndarray:
    """A view of the payload in the shape that Frame describes; rows begin every `stride` bytes. Raises ProtocolError."""
    if layout in ("jpeg", "png"):
        return numpy.frombuffer(payload, numpy.uint8)
    if layout == "i420":
        return as_planes(payload, width, height, stride)
    if layout not in ("bgr", "rgb", "gray"):
        raise ProtocolError(f"a frame of the unknown format '{layout}'")
    channels = 1 if layout == "gray" else 3
    if not 0 < width * channels <= stride or not 0 < height * stride <= len(payload):
        raise ProtocolError(f"{len(payload)} bytes of {layout}, {width}x{height} with a stride of {stride}")
    if channels == 1:
        return numpy.ndarray((height, width), numpy.uint8, payload, strides=(stride, 1))
    return numpy.ndarray((height, width, channels), numpy.uint8, payload, strides=(stride, channels, 1))


def as_planes(payload: memoryview, width: int, height: int, stride: int) -> numpy.ndarray:
    """I420, whose planes lie one behind the other without padding."""
    size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
    if size == 0 or stride != width or size != len(payload):
        raise ProtocolError(f"{len(payload)} bytes of i420, {width}x{height} with a stride of {stride}")
    planes = numpy.frombuffer(payload, numpy.uint8)
    return planes.reshape(height * 3 // 2, width) if width % 2 == 0 and height % 2 == 0 else planes
