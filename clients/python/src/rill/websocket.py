"""A WebSocket client for one reading thread (RFC 6455): what a consumer of frames needs of it, and no copies."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
import threading
from typing import Optional, Tuple, Union

from .errors import ConnectionLost, ProtocolError, ServerError
from .server import Server, error_message

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_HEAD = 64 * 1024

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL_CLOSURE, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009


class Closed(ConnectionLost):
    """The other side has closed in order. `code` as in RFC 6455 section 7.4; 1005: it gave none."""

    def __init__(self, code: int, reason: str):
        super().__init__(f"the server closed the connection ({code}{': ' + reason if reason else ''})")
        self.code = code


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """Section 5.3."""
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class WebSocket:
    """All but shut_down() is for one thread: TLS connections of older Pythons cannot be read and written by two."""

    def __init__(self, server: Server, path: str, *, idle_timeout: float = 10.0, max_message: int = 256 << 20):
        """Connects. `idle_timeout`: seconds of silence after which the server is asked for a sign of life, and once more until
        the connection counts as lost. `max_message`: bytes. Raises ServerError when the server refuses, ConnectionLost,
        ProtocolError."""
        self._max_message = max_message
        self._asked = False
        self._ahead = memoryview(b"")
        self._stopped = threading.Event()
        try:
            self._socket = socket.create_connection((server.host, server.port), server.timeout)
        except OSError as error:
            raise ConnectionLost(f"{server.host}:{server.port} cannot be reached: {error}") from error
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if server.ssl_context:
                self._socket = server.ssl_context.wrap_socket(self._socket, server_hostname=server.host)
            self._shake_hands(server, path)
            self._socket.settimeout(idle_timeout)
        except OSError as error:
            self._socket.close()
            raise ConnectionLost(f"{server.host}:{server.port} does not answer: {error}") from error
        except BaseException:
            self._socket.close()
            raise

    def receive(self) -> Tuple[int, Union[bytes, bytearray]]:
        """(TEXT or BINARY, payload) of the next message. Pings are answered on the way. Raises Closed, ServerError,
        ConnectionLost, ProtocolError."""
        kind = None
        parts = bytearray()
        while True:
            final, opcode, payload = self._receive_frame(self._max_message - len(parts))
            if opcode == PING:
                self._send(PONG, bytes(payload))
            elif opcode == PONG:
                pass
            elif opcode == CLOSE:
                self._end(payload)
            elif (opcode == CONTINUATION) != (kind is not None):
                self._fail(PROTOCOL_ERROR, "a continuation of nothing" if kind is None else "a message within a message")
            elif kind is None and final:
                return opcode, payload
            else:
                kind = opcode if kind is None else kind
                parts += payload
                if final:
                    return kind, parts

    def shut_down(self) -> None:
        """Ends receive() with ConnectionLost; for other threads."""
        self._stopped.set()
        try:
            # The socket's own: that of ssl would take the TLS session away from the thread that reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RD)
        except OSError:
            pass

    def close(self) -> None:
        """Says good-bye, as far as that can be said at once, and closes."""
        try:
            self._socket.settimeout(0.5)
            self._send(CLOSE, struct.pack("!H", NORMAL_CLOSURE))
        except (OSError, ConnectionLost):
            pass
        self._socket.close()

    def _shake_hands(self, server: Server, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        host = f"[{server.host}]" if ":" in server.host else server.host
        fields = {"Host": f"{host}:{server.port}", "Connection": "Upgrade", "Upgrade": "websocket",
                  "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, **server.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        status, answered, rest = self._read_head()
        if status != 101:
            self._refused(status, answered, rest)
        expected = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        if answered.get("sec-websocket-accept") != expected:
            raise ProtocolError(f"{server.host}:{server.port} answers, and not as a WebSocket")
        self._ahead = memoryview(rest)

    def _read_head(self) -> Tuple[int, dict, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            if len(data) > _MAX_HEAD:
                raise ProtocolError("the answer's head has no end")
            part = self._socket.recv(4096)
            if not part:
                raise ConnectionLost("the server closed the connection instead of answering")
            data += part
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
            raise ProtocolError(f"an answer that is none of HTTP: {first[:80]!r}")
        fields = (line.partition(":") for line in lines)
        return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in fields}, rest

    def _refused(self, status: int, fields: dict, body: bytes) -> None:
        length = fields.get("content-length", "")
        missing = min(int(length), _MAX_HEAD) - len(body) if length.isdigit() else 0
        while missing > 0 and (part := self._socket.recv(missing)):
            body += part
            missing -= len(part)
        raise ServerError(status, error_message(body) or "the server refuses the WebSocket")

    def _receive_frame(self, room: int) -> Tuple[bool, int, bytearray]:
        first, second = self._read(2)
        final, opcode, length = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70:
            self._fail(PROTOCOL_ERROR, "reserved bits that were not agreed on")
        if second & 0x80:
            self._fail(PROTOCOL_ERROR, "a masked frame from a server")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            self._fail(PROTOCOL_ERROR, f"opcode {opcode}")
        if opcode >= CLOSE and (length > 125 or not final):
            self._fail(PROTOCOL_ERROR, "a control frame that is long or in parts")
        if length == 126:
            length, = struct.unpack("!H", self._read(2))
        elif length == 127:
            length, = struct.unpack("!Q", self._read(8))
        if length > room:
            self._fail(TOO_BIG, f"a message of more than {self._max_message} bytes")
        return final, opcode, self._read(length)

    def _read(self, count: int) -> bytearray:
        """So many bytes, written by the kernel where they stay: frames are megabytes."""
        data = bytearray(count)
        view = memoryview(data)
        done = min(count, len(self._ahead))
        view[:done] = self._ahead[:done]
        self._ahead = self._ahead[done:]
        while done < count:
            done += self._read_some(view[done:])
        return data

    def _read_some(self, view: memoryview) -> int:
        while True:
            try:
                count = self._socket.recv_into(view)
            except socket.timeout:
                self._ask_for_life()
                continue
            except OSError as error:
                raise ConnectionLost(f"the connection was lost: {error}") from error
            if count == 0 or self._stopped.is_set():
                raise ConnectionLost("the connection was lost")
            self._asked = False
            return count

    def _ask_for_life(self) -> None:
        if self._asked:
            raise ConnectionLost("the server has said nothing, not even to a ping")
        self._asked = True
        self._send(PING, b"")

    def _send(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload))
        try:
            self._socket.sendall(head + mask + apply_mask(payload, mask))
        except OSError as error:
            raise ConnectionLost(f"the connection was lost: {error}") from error

    def _end(self, payload: bytearray) -> None:
        code: Optional[int] = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None
        self._send(CLOSE, bytes(payload[:2]))
        reason = payload[2:].decode("utf-8", "replace")
        # Rill answers with a WebSocket before it knows whether there is anything to send, and then with 4000 and the status.
        if code is not None and 4400 <= code < 4600:
            raise ServerError(code - 4000, reason)
        raise Closed(1005 if code is None else code, reason)

    def _fail(self, code: int, what: str) -> None:
        self._send(CLOSE, struct.pack("!H", code))
        raise ProtocolError(f"the server sent {what}")
