"""The thread that receives the frames of one stream."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Callable, Optional

from .backoff import Backoff
from .errors import ConnectionLost, ProtocolError, RillError, ServerError, StreamNotConfigured
from .frame import Frame
from .frame_buffer import FrameBuffer
from .server import Server
from .websocket import BINARY, WebSocket

_log = logging.getLogger("rill")

# What is wrong with the request itself stays wrong.
_FINAL = {400, 401, 403, 406}


@dataclass(frozen=True)
class Counters:
    """Since start_receiving()."""

    received: int
    """Frames that came from the server."""
    dropped: int
    """Of these, frames for which the buffer had no room any more."""
    connections: int
    """Connections that frames came by; all but the first are reconnections."""
    connected: bool
    """Frames come, or came until the camera fell silent."""


class Receiver:
    """Connects, hands frames to a buffer, connects again when the connection is lost; until stop(), or until the server says
    that there is no such stream."""

    def __init__(self, server: Server, stream_id: str, buffer: FrameBuffer, *, backoff: Backoff,
                 connect: Callable[[], WebSocket]):
        self._server = server
        self._stream_id = stream_id
        self._buffer = buffer
        self._backoff = backoff
        self._connect = connect
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._socket: Optional[WebSocket] = None
        self._connected = False
        self._received = 0
        self._connections = 0
        self._thread = threading.Thread(target=self._run, name=f"rill {stream_id}", daemon=True)
        self._thread.start()

    def counters(self) -> Counters:
        with self._lock:
            return Counters(self._received, self._buffer.dropped, self._connections, self._connected)

    def stop(self) -> None:
        """Returns when the connection is closed; one that is just being made is given up, and closed when it stands."""
        self._stopping.set()
        with self._lock:
            if self._socket:
                self._socket.shut_down()
        self._buffer.end()
        self._thread.join(1.0)

    def _run(self) -> None:
        error: Optional[Exception] = None
        while error is None and not self._stopping.is_set():
            try:
                error = self._attempt()
            except Exception as unexpected:  # whoever waits for a frame must hear of it
                error = unexpected
        self._buffer.end(None if self._stopping.is_set() else error)

    def _attempt(self) -> Optional[Exception]:
        """Receives until it fails; returns what there is no use in trying again after."""
        try:
            self._receive()
        except (ConnectionLost, ProtocolError, ServerError) as problem:
            error = self._final(problem)
            if error is None and not self._stopping.is_set():
                self._wait(problem)
            return error
        return None

    def _receive(self) -> None:
        socket = self._connect()
        try:
            with self._lock:
                self._socket = socket
            while not self._stopping.is_set():
                kind, payload = socket.receive()
                if kind == BINARY:
                    self._take(Frame.from_message(payload))
        finally:
            with self._lock:
                self._socket = None
                self._connected = False
            socket.close()

    def _take(self, frame: Frame) -> None:
        # A server that accepts and sends nothing is one to stay away from: only a frame is a success.
        self._backoff.reset()
        with self._lock:
            self._received += 1
            self._connections += not self._connected
            self._connected = True
        self._buffer.put(frame)

    def _final(self, problem: RillError) -> Optional[RillError]:
        """What there is no use in trying again after."""
        if not isinstance(problem, ServerError):
            return None
        if problem.status in _FINAL:
            return problem
        # 404 may also mean a camera that is away.
        return StreamNotConfigured(self._stream_id) if problem.status == 404 and self._is_unknown() else None

    def _is_unknown(self) -> bool:
        try:
            self._server.stream(self._stream_id)
        except StreamNotConfigured:
            return True
        except RillError:
            pass
        return False

    def _wait(self, problem: RillError) -> None:
        delay = self._backoff.next()
        _log.warning("%s: %s; next attempt in %.1f s", self._stream_id, problem, delay)
        self._stopping.wait(delay)
