"""Frames of one stream, for asyncio."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Dict, Optional

import numpy

from .client import RTSPStreamClient
from .errors import RillError
from .frame import Frame
from .frame_buffer import FrameBuffer
from .receiver import Counters


class AsyncRTSPStreamClient:
    """Frames of one stream.

        async with AsyncRTSPStreamClient("http://localhost:8080", "camera1") as client:
            client.start_receiving()
            async for frame in client.frames():
                ...

    A thread receives, as that of RTSPStreamClient, so that megabytes are copied beside the loop and not in it. Methods are for
    the thread of the loop."""

    def __init__(self, server_url: str, stream_id: str, **options: Any):
        """The options of RTSPStreamClient. Raises ValueError."""
        self._client = RTSPStreamClient(server_url, stream_id, **options)
        self._changed = asyncio.Event()
        self._buffer: Optional[FrameBuffer] = None

    async def __aenter__(self) -> "AsyncRTSPStreamClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def stream_id(self) -> str:
        return self._client.stream_id

    @property
    def counters(self) -> Counters:
        """Since start_receiving(); all 0 before it."""
        return self._client.counters

    async def start_stream(self, rtsp_url: Optional[str] = None, width: Optional[int] = None,
                           height: Optional[int] = None) -> None:
        """RTSPStreamClient.start_stream()."""
        await self._in_thread(self._client.start_stream, rtsp_url, width, height)

    async def stop_stream(self) -> None:
        """RTSPStreamClient.stop_stream()."""
        await self._in_thread(self._client.stop_stream)

    async def stream_status(self) -> Dict[str, Any]:
        """RTSPStreamClient.stream_status()."""
        return await self._in_thread(self._client.stream_status)

    async def latest_frame(self, after: Optional[int] = None) -> Frame:
        """RTSPStreamClient.latest_frame()."""
        return await self._in_thread(self._client.latest_frame, after)

    async def snapshot(self) -> bytes:
        """RTSPStreamClient.snapshot()."""
        return await self._in_thread(self._client.snapshot)

    def start_receiving(self) -> None:
        """Begins to receive; does nothing when that has begun. Returns at once: get_frame() says how it went."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(self._changed.set)
            except RuntimeError:
                pass  # the loop is closed: nobody waits

        self._client._start_receiving(wake)
        self._buffer = self._client._receiving()

    async def stop_receiving(self) -> None:
        """Closes the connection; get_frame() and frames() return at once. start_receiving() begins anew."""
        await self._in_thread(self._client.stop_receiving)

    async def close(self) -> None:
        """stop_receiving(). The server's stream goes on."""
        await self.stop_receiving()

    async def get_frame(self, timeout: Optional[float] = None) -> Optional[numpy.ndarray]:
        """The array of next_frame()."""
        frame = await self.next_frame(timeout)
        return None if frame is None else frame.array

    async def next_frame(self, timeout: Optional[float] = None) -> Optional[Frame]:
        """RTSPStreamClient.next_frame(): None when none came within `timeout` seconds, or receiving was stopped."""
        if self._buffer is None:
            raise RillError("start_receiving() comes first")
        if timeout is not None and timeout <= 0:
            return self._buffer.take(0)  # wait_for() of Python 3.11 and before would not even look
        try:
            return await asyncio.wait_for(self._next(self._buffer), timeout)
        except asyncio.TimeoutError:
            return None

    async def frames(self) -> AsyncIterator[Frame]:
        """Frames until stop_receiving() or close(). Raises as next_frame()."""
        while (frame := await self.next_frame()) is not None:
            yield frame

    async def _next(self, buffer: FrameBuffer) -> Optional[Frame]:
        while True:
            self._changed.clear()
            frame = buffer.take(0)
            if frame is not None:
                return frame
            if buffer.ended:
                return buffer.take(0)  # raises what ended it, be that since the line above
            await self._changed.wait()

    @staticmethod
    async def _in_thread(function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, lambda: function(*arguments))
