"""A WebSocket client for tests (RFC 6455): text messages, one at a time. Standard library only."""

import base64
import hashlib
import os
import socket
import struct

# What asks for one.
HANDSHAKE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocket:
    def __init__(self, where, path, timeout=30, headers=None):
        """`where`: a port of this machine, or a connection, which then belongs to the WebSocket."""
        self.socket = socket.create_connection(("127.0.0.1", where), timeout) if isinstance(where, int) else where
        self.input = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{more}"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.status = int(self.input.readline().split()[1])
        headers = {}
        while (line := self.input.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if self.status != 101 or headers.get("sec-websocket-accept") != expected:
            raise AssertionError(f"no WebSocket at {path}: {self.status} {headers}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()

    def send(self, data, opcode=1):
        data = data.encode() if isinstance(data, str) else data
        mask = os.urandom(4)
        if len(data) < 126:
            length = struct.pack("!B", 0x80 | len(data))
        elif len(data) < 1 << 16:
            length = struct.pack("!BH", 0x80 | 126, len(data))
        else:
            length = struct.pack("!BQ", 0x80 | 127, len(data))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def receive(self):
        """(opcode, payload) of the next message; pings are answered. (8, code and reason) when it is closed."""
        while True:
            first, second = self.input.read(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack("!H", self.input.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self.input.read(8))[0]
            payload = self.input.read(length)
            if first & 0x0F != 9:
                return first & 0x0F, payload
            self.send(payload, 10)

    def close_code(self):
        """The code of the close frame that must come next."""
        opcode, payload = self.receive()
        if opcode != 8:
            raise AssertionError(f"expected the end, got {opcode}: {payload[:200]!r}")
        return struct.unpack("!H", payload[:2])[0]
