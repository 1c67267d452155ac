"""A server that speaks as Rill does, byte by byte as a test wants it. Standard library only."""

import base64
import contextlib
import hashlib
import json
import queue
import socket
import struct
import threading

from rill.frame import FORMAT_CODES, HEADER, MAGIC, VERSION

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CODES = {name: code for code, name in FORMAT_CODES.items()}
CAPTURED = 1_767_866_401_250_000  # 2026-01-08T10:00:01.25Z


def message(sequence, layout="bgr", size=(4, 2), payload=None, stride=None, **header):
    """A frame as the server sends it. Every byte of a made payload is the sequence, modulo 256."""
    width, height = size
    stride = (width * (3 if layout in ("bgr", "rgb") else 1)) if stride is None else stride
    chroma = 2 * ((width + 1) // 2) * ((height + 1) // 2) if layout == "i420" else 0
    payload = bytes([sequence % 256]) * (height * stride + chroma) if payload is None else payload
    fields = {"magic": MAGIC, "version": VERSION, "start": HEADER.size, "code": CODES[layout], "width": width, "height": height,
              "stride": stride, "sequence": sequence, "captured": CAPTURED, "running": 2_500_000_000, "bytes": len(payload),
              "matrix": 6 if layout == "i420" else 0, "full": layout != "i420", **header}
    return HEADER.pack(*fields.values()) + payload


class Connection:
    """The server's end of one WebSocket."""

    def __init__(self, connection, path):
        self.socket = connection
        self.path = path
        self.input = connection.makefile("rb")

    def send(self, payload, opcode=2, final=True, reserved=0, masked=False):
        first = (0x80 if final else 0) | reserved | opcode
        mask = 0x80 if masked else 0
        if len(payload) < 126:
            head = struct.pack("!BB", first, mask | len(payload))
        elif len(payload) < 1 << 16:
            head = struct.pack("!BBH", first, mask | 126, len(payload))
        else:
            head = struct.pack("!BBQ", first, mask | 127, len(payload))
        self.socket.sendall(head + payload)

    def receive(self):
        """(opcode, payload) of the next frame of the client, which must be masked. None: it is gone."""
        head = self.input.read(2)
        if len(head) < 2:
            return None
        assert head[1] & 0x80, "a client masks"
        mask = self.input.read(4)
        payload = self.input.read(head[1] & 0x7F)
        return head[0] & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))

    def until_gone(self):
        """What the client said until it was gone."""
        said = []
        while (one := self.receive()) is not None:
            said.append(one)
        return said


class FakeServer:
    """`script` runs, with a Connection, for each WebSocket, in a thread of its own. Errors of scripts are raised by close()."""

    def __init__(self, script=Connection.until_gone, tls=None):
        self.script = script
        self.streams = {"cam": {"id": "cam", "status": "online", "reason": ""}}
        self.answers = {}
        self.requests = queue.Queue()
        self.upgrade = None
        self._tls = tls
        self._errors = []
        self._threads = []
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        # Not localhost: a root without /etc/hosts does not know it, and it may be ::1, where another may listen.
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._start(self._accept)

    def close(self):
        # On Linux this, unlike close(), ends accept() in the other thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        if self._errors:
            raise self._errors[0]

    def _start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._start(self._serve, connection)

    def _serve(self, connection):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            self._answer(connection)
        except OSError:
            pass  # the client is gone
        except Exception as error:
            self._errors.append(error)
        finally:
            self._open.discard(connection)
            connection.close()

    def _answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            if not part:
                return
            head += part
        first, *lines = head.decode().split("\r\n\r\n")[0].split("\r\n")
        method, path, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.requests.put((method, path, fields))
        if fields.get("upgrade") != "websocket":
            status, headers, body = self.answers.get((method, path)) or self._api(path)
            self._reply(connection, status, headers, body)
        elif self.upgrade:
            connection.sendall(self.upgrade)
        else:
            accept = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + GUID).encode()).digest()).decode()
            connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
            peer = Connection(connection, path)
            # The error of a script holds its peer: the connection would stay open until that is forgotten.
            with peer.input:
                self.script(peer)

    def _api(self, path):
        stream = self.streams.get(path.split("/")[4])
        if stream is None:
            return 404, {}, b'{"status":"error","error":"no path is called so"}'
        return 200, {}, json.dumps(stream).encode()

    @staticmethod
    def _reply(connection, status, headers, body):
        fields = {**headers, "Content-Length": len(body), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"HTTP/1.1 {status} Reason\r\n{head}\r\n".encode() + body)
