"""What test_clients.py runs where numpy and OpenCV are: client_checks.py CHECK SERVER STREAM…"""

import asyncio
import sys
from datetime import datetime, timedelta, timezone

import cv2
import numpy

from rill import AsyncRTSPStreamClient, RTSPStreamClient, StreamNotConfigured

TIMEOUT = 30


def strip(picture):
    """The number that rill-camera has painted at the top of a gray picture."""
    width = picture.shape[1]
    cells = [bool(picture[width // 80, (2 * cell + 1) * width // 80] > 128) for cell in range(40)]
    assert (cells[0], cells[1], cells[38], cells[39]) == (True, False, False, True), cells
    value = int("".join("01"[cell] for cell in cells[2:34]), 2)
    check = 0
    for nibble in range(8):
        check ^= value >> 4 * nibble & 0xF
    assert check == int("".join("01"[cell] for cell in cells[34:38]), 2), cells
    return value


def pictures(server, *streams):
    """Each frame is the picture that its sequence says, in every shape."""
    for stream in streams:
        with RTSPStreamClient(server, stream, width=640, height=360) as client:
            client.start_stream()
            client.start_receiving()
            frames = [client.next_frame(TIMEOUT) for _ in range(10)]
        for frame in frames:
            assert frame.array.shape == (360, 640, 3) and frame.array.dtype == numpy.uint8, frame.array.shape
            assert abs(datetime.now(timezone.utc) - frame.captured) < timedelta(seconds=TIMEOUT), frame.captured
        numbers = [strip(cv2.cvtColor(frame.array, cv2.COLOR_BGR2GRAY)) for frame in frames]
        for before, after, first, second in zip(frames, frames[1:], numbers, numbers[1:]):
            assert after.sequence > before.sequence and after.running_time > before.running_time
            # The loop of the camera begins anew once; else its numbers go along with ours, which pass over what was not decoded.
            assert second < first or second - first >= after.sequence - before.sequence, (numbers, frames)
        print(f"{stream}: {numbers}")


def formats(server, stream):
    """Every format shows the same picture as bgr."""
    decode = {"rgb": lambda array: array[..., ::-1], "gray": lambda array: cv2.cvtColor(array, cv2.COLOR_GRAY2BGR),
              "i420": lambda array: cv2.cvtColor(array, cv2.COLOR_YUV2BGR_I420), "jpeg": lambda array: cv2.imdecode(array, 1),
              "png": lambda array: cv2.imdecode(array, 1)}
    for name, to_bgr in decode.items():
        with RTSPStreamClient(server, stream, width=640, buffer_size=50) as plain, \
                RTSPStreamClient(server, stream, width=640, buffer_size=50, format=name) as other:
            plain.start_receiving()
            other.start_receiving()
            expected, shown = plain.next_frame(TIMEOUT), other.next_frame(TIMEOUT)
            while expected.sequence != shown.sequence:
                if expected.sequence < shown.sequence:
                    expected = plain.next_frame(TIMEOUT)
                else:
                    shown = other.next_frame(TIMEOUT)
        picture = to_bgr(shown.array).astype(int)
        wanted = expected.array if name != "gray" else decode["gray"](cv2.cvtColor(expected.array, cv2.COLOR_BGR2GRAY))
        off = numpy.abs(picture - wanted).mean()
        swapped = numpy.abs(picture[..., ::-1] - wanted).mean()
        # OpenCV takes i420 for BT.601, whatever it is.
        assert off < 16, f"{name}: {off:.1f} of 255 off"
        assert name == "gray" or off < swapped, f"{name}: {off:.1f} off, red and blue swapped only {swapped:.1f}"
        print(f"{name}: {off:.1f}")


def by_http(server, stream):
    client = RTSPStreamClient(server, stream, width=320)
    first = client.latest_frame()
    second = client.latest_frame(after=first.sequence)
    assert second.sequence > first.sequence, (first, second)
    assert first.array.shape == (180, 320, 3), first.array.shape
    assert abs(datetime.now(timezone.utc) - second.captured) < timedelta(seconds=TIMEOUT), second.captured
    assert cv2.imdecode(numpy.frombuffer(client.snapshot(), numpy.uint8), 1) is not None
    print("by HTTP")


def together(server, *streams):
    async def numbers(stream):
        async with AsyncRTSPStreamClient(server, stream, format="gray") as client:
            client.start_receiving()
            seen = []
            async for frame in client.frames():
                seen.append(strip(frame.array))
                if len(seen) == 10:
                    return seen

    async def all_of_them():
        return await asyncio.wait_for(asyncio.gather(*map(numbers, streams)), TIMEOUT)

    print("together", asyncio.run(all_of_them()))


def endless(server, stream):
    """Frames for as long as the test wants; a line for each connection's first."""
    connections = 0
    with RTSPStreamClient(server, stream, width=64, reconnect_delay=0.1, max_reconnect_delay=0.5) as client:
        client.start_receiving()
        for frame in client.frames():
            if client.counters.connections > connections:
                connections = client.counters.connections
                print(f"connection {connections}: frame {frame.sequence}", flush=True)


def unknown(server, stream):
    with RTSPStreamClient(server, stream) as client:
        for attempt in (client.start_stream, lambda: client.start_receiving() or client.get_frame(TIMEOUT)):
            try:
                attempt()
            except StreamNotConfigured as error:
                print(error)
            else:
                raise AssertionError(f"'{stream}' is configured")


CHECKS = {check.__name__: check for check in (pictures, formats, by_http, together, endless, unknown)}
CHECKS[sys.argv[1]](*sys.argv[2:])
