#!/usr/bin/env python3
"""Two cameras with OpenCV: the picture of each, beside its edges.

    opencv_view.py http://localhost:8080 cam1 cam2                          in windows; q ends
    opencv_view.py http://localhost:8080 cam1 cam2 --frames 5 --out shots   without a screen: PNG files"""

import argparse
import contextlib
import os

import cv2
import numpy

from rill import Frame, RTSPStreamClient


def with_edges(frame: Frame) -> numpy.ndarray:
    """(height, width * 2, 3): the picture, with the time of its capture, beside its edges."""
    edges = cv2.Canny(cv2.cvtColor(frame.array, cv2.COLOR_BGR2GRAY), 50, 150)
    pair = numpy.hstack((frame.array, cv2.cvtColor(edges, cv2.COLOR_GRAY2BGR)))
    time = frame.captured.astimezone().strftime("%H:%M:%S.%f")[:-3]
    cv2.putText(pair, time, (12, frame.height - 14), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2, cv2.LINE_AA)
    return pair


def show(clients: list) -> None:
    """Windows, until q is pressed."""
    while cv2.waitKey(5) & 0xFF != ord("q"):
        for client in clients:
            frame = client.next_frame(timeout=0)
            if frame is not None:
                cv2.imshow(client.stream_id, with_edges(frame))


def write(clients: list, count: int, folder: str, timeout: float) -> None:
    """So many PNG files of each camera: ID-1.png, …"""
    os.makedirs(folder, exist_ok=True)
    for number in range(1, count + 1):
        for client in clients:
            frame = client.next_frame(timeout)
            if frame is None:
                raise SystemExit(f"no frame of '{client.stream_id}' within {timeout:g} s: {client.stream_status()['reason']}")
            file = os.path.join(folder, f"{client.stream_id.replace('/', '_')}-{number}.png")
            if not cv2.imwrite(file, with_edges(frame)):
                raise SystemExit(f"{file} cannot be written")
            print(file, frame.sequence, frame.captured.isoformat())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("server")
    options.add_argument("streams", nargs="+", metavar="stream")
    options.add_argument("--width", type=int, default=640, help="pixels of a picture (640)")
    options.add_argument("--height", type=int, default=360, help="pixels of a picture (360)")
    options.add_argument("--frames", type=int, metavar="N", help="without a screen: N frames of each camera as PNG files, to --out")
    options.add_argument("--out", default=".", metavar="DIR", help="where to (here)")
    options.add_argument("--timeout", type=float, default=20, help="seconds to wait for a frame, with --frames (20)")
    given = options.parse_args()
    with contextlib.ExitStack() as stack:
        # One frame waits for each: what is shown is what is new.
        clients = [stack.enter_context(RTSPStreamClient(given.server, stream, width=given.width, height=given.height, buffer_size=1))
                   for stream in given.streams]
        for client in clients:
            client.start_stream()
            client.start_receiving()
        if given.frames:
            write(clients, given.frames, given.out, given.timeout)
        else:
            show(clients)


if __name__ == "__main__":
    main()
