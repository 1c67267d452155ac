"""Frames of one stream, for threads."""

from __future__ import annotations

import ssl
import threading
from functools import partial
from typing import Any, Callable, Dict, Iterator, Mapping, Optional

import numpy

from .backoff import Backoff
from .errors import RillError
from .frame import FORMATS, Frame
from .frame_buffer import FrameBuffer
from .receiver import Counters, Receiver
from .server import Server
from .websocket import WebSocket


class RTSPStreamClient:
    """Frames of one stream.

        with RTSPStreamClient("http://localhost:8080", "camera1") as client:
            client.start_stream(width=640, height=480)
            client.start_receiving()
            frame = client.get_frame(timeout=2.0)

    A thread receives, and connects again after a loss. Every method may be called by any thread."""

    def __init__(self, server_url: str, stream_id: str, *, width: Optional[int] = None, height: Optional[int] = None,
                 format: str = "bgr", fps: Optional[float] = None, buffer_size: int = 10, timeout: float = 15.0,
                 idle_timeout: float = 10.0, reconnect_delay: float = 0.5, max_reconnect_delay: float = 30.0,
                 headers: Optional[Mapping[str, str]] = None, ssl_context: Optional[ssl.SSLContext] = None):
        """Connects to nothing yet.

        server_url: http://host:8080, https://…; ws and wss mean the same. May have a path, behind a proxy.
        stream_id: name of the path, as in the server's configuration; may hold slashes.
        width, height: pixels of the pictures; None: as the camera sends them.
        format: bgr, rgb, gray, i420, jpeg or png; Frame says which shape each has.
        fps: pictures a second at most, the server leaves out the others; None: all.
        buffer_size: frames that wait for get_frame(); when it is full the oldest is dropped. 1: always the newest.
        timeout: seconds, of connecting and of each answer of the API.
        idle_timeout: seconds of silence after which the server is pinged; after twice that the connection counts as lost.
        reconnect_delay, max_reconnect_delay: seconds; the first and the longest pause between attempts, which doubles and is
            shortened by up to half at random.
        headers: of every request, for instance an Authorization that a proxy asks for.
        ssl_context: for https; None: certificates are checked against those of the system.

        Raises ValueError."""
        if format not in FORMATS:
            raise ValueError(f"format '{format}' is none of {', '.join(FORMATS)}")
        if buffer_size < 1:
            raise ValueError(f"buffer_size {buffer_size} is less than 1")
        self._server = Server(server_url, timeout=timeout, headers=headers, ssl_context=ssl_context)
        self._stream_id = stream_id
        self._size = {"width": width, "height": height}
        self._format = format
        self._fps = fps
        self._buffer_size = buffer_size
        self._idle_timeout = idle_timeout
        self._delays = (reconnect_delay, max_reconnect_delay)
        self._lock = threading.Lock()  # the next two change together
        self._buffer: Optional[FrameBuffer] = None
        self._receiver: Optional[Receiver] = None

    def __enter__(self) -> "RTSPStreamClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def stream_id(self) -> str:
        return self._stream_id

    @property
    def counters(self) -> Counters:
        """Since start_receiving(); all 0 before it."""
        receiver = self._receiver
        return receiver.counters() if receiver else Counters(0, 0, 0, False)

    def start_stream(self, rtsp_url: Optional[str] = None, width: Optional[int] = None, height: Optional[int] = None) -> None:
        """Makes the server pull the camera, also while nobody watches, until stop_stream(). One that runs already goes on.

        The path has to be in the server's configuration, and its `source` is what counts; `rtsp_url` makes no path yet.
        width, height: pixels of the pictures that start_receiving() asks for, instead of the constructor's.

        Raises StreamNotConfigured, ServerError, ConnectionLost."""
        self._server.ensure_stream(self._stream_id, rtsp_url)
        self._server.request("POST", self._server.stream_path(self._stream_id, "start"))
        self._size.update({key: value for key, value in (("width", width), ("height", height)) if value is not None})

    def stop_stream(self) -> None:
        """Stops the camera for everyone. Raises StreamNotConfigured, ServerError, ConnectionLost."""
        self._server.ensure_stream(self._stream_id, None)
        self._server.request("POST", self._server.stream_path(self._stream_id, "stop"))

    def stream_status(self) -> Dict[str, Any]:
        """The stream as GET /api/v1/streams/{id} describes it. Raises StreamNotConfigured, ServerError, ConnectionLost."""
        return self._server.stream(self._stream_id)

    def start_receiving(self) -> None:
        """Begins to receive; does nothing when that has begun. Returns at once: get_frame() says how it went."""
        self._start_receiving(lambda: None)

    def stop_receiving(self) -> None:
        """Closes the connection; get_frame() and frames() return at once. start_receiving() begins anew."""
        with self._lock:
            receiver, self._receiver, self._buffer = self._receiver, None, None
        if receiver:
            receiver.stop()

    def close(self) -> None:
        """stop_receiving(). The server's stream goes on."""
        self.stop_receiving()

    def get_frame(self, timeout: Optional[float] = None) -> Optional[numpy.ndarray]:
        """The array of next_frame()."""
        frame = self.next_frame(timeout)
        return None if frame is None else frame.array

    def next_frame(self, timeout: Optional[float] = None) -> Optional[Frame]:
        """The oldest frame of the buffer; waits up to `timeout` seconds for one, None: for as long as it takes.

        None: none came in time, or receiving was stopped. Raises StreamNotConfigured or ServerError when the server will never
        send one, RillError before start_receiving()."""
        return self._receiving().take(timeout)

    def frames(self) -> Iterator[Frame]:
        """Frames until stop_receiving() or close(). Raises as next_frame()."""
        return iter(partial(self._receiving().take, None), None)

    def latest_frame(self, after: Optional[int] = None) -> Frame:
        """The newest frame by one HTTP request, without start_receiving(). `after`: waits for one with a greater sequence.
        Its running_time is not known (NaN). Raises ServerError, ConnectionLost, ProtocolError."""
        query = {"format": self._format, **self._size, "after": after}
        answer = self._server.request("GET", self._server.stream_path(self._stream_id, "frame", query))
        return Frame.from_answer(answer.headers, answer.body)

    def snapshot(self) -> bytes:
        """The newest picture as a JPEG file. Raises ServerError, ConnectionLost."""
        return self._server.request("GET", self._server.stream_path(self._stream_id, "snapshot.jpg")).body

    def _start_receiving(self, on_change: Callable[[], None]) -> None:
        with self._lock:
            if self._receiver:
                return
            path = self._server.stream_path(self._stream_id, "frames", {"format": self._format, **self._size, "fps": self._fps})
            buffer = FrameBuffer(self._buffer_size, on_change)
            self._receiver = Receiver(self._server, self._stream_id, buffer, backoff=Backoff(*self._delays),
                                      connect=lambda: WebSocket(self._server, path, idle_timeout=self._idle_timeout))
            self._buffer = buffer

    def _receiving(self) -> FrameBuffer:
        buffer = self._buffer
        if buffer is None:
            raise RillError("start_receiving() comes first")
        return buffer
