"""Receives raw frames over a WebSocket and looks at their headers only: port, request, seconds. Prints what came as JSON."""

import json
import os
import socket
import struct
import sys
import time
from base64 import b64encode

HEADER = struct.Struct("<6xH16xQq")  # size, sequence, capture time


def connect(port, request):
    connection = socket.create_connection(("127.0.0.1", port))
    key = b64encode(os.urandom(16)).decode()
    connection.sendall(f"GET {request} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return connection


def receive(connection, view):
    while view:
        got = connection.recv_into(view)
        assert got > 0, "the server hung up"
        view = view[got:]


def frame(connection, memory):
    """One unfragmented binary message of more than 64 KiB, as raw frames are."""
    head = bytearray(10)
    receive(connection, memoryview(head))
    assert head[:2] == b"\x82\x7f", bytes(head)
    size = int.from_bytes(head[2:], "big")
    receive(connection, memory[:size])
    return HEADER.unpack_from(memory)


def main():
    port, request, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    memory, ages, last, lost = memoryview(bytearray(64 << 20)), [], None, 0
    with connect(port, request) as connection:
        frame(connection, memory)
        print("ready", flush=True)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _, sequence, utc_us = frame(connection, memory)
            ages.append(time.time() * 1000 - utc_us / 1000)
            lost += sequence - last - 1 if last is not None else 0
            last = sequence
    print(json.dumps({"ages": ages, "lost": lost}))


main()
