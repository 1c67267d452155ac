"""Frames between the thread that receives and those that ask."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable, Deque, Optional

from .frame import Frame


class FrameBuffer:
    """Holds the newest frames. When it is full, the oldest one goes: a consumer that is slow never holds up the server."""

    def __init__(self, size: int, on_change: Callable[[], None] = lambda: None):
        """`on_change` is called, by the thread that caused it, after each frame and at the end."""
        if size < 1:
            raise ValueError(f"a buffer of {size} frames; 1 is the least")
        self._frames: Deque[Frame] = deque()
        self._size = size
        self._on_change = on_change
        self._changed = threading.Condition()
        self._ended = False
        self._error: Optional[Exception] = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Frames that went without having been taken."""
        with self._changed:
            return self._dropped

    @property
    def ended(self) -> bool:
        """No frame comes any more, and none is left."""
        with self._changed:
            return self._ended and not self._frames

    def put(self, frame: Frame) -> None:
        with self._changed:
            if len(self._frames) == self._size:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
            self._changed.notify()
        self._on_change()

    def end(self, error: Optional[Exception] = None) -> None:
        """No frame will follow. `error` is raised by take() once the frames that are left have been taken."""
        with self._changed:
            self._ended = True
            self._error = error
            self._changed.notify_all()
        self._on_change()

    def take(self, timeout: Optional[float]) -> Optional[Frame]:
        """The oldest frame; waits up to `timeout` seconds, None: for as long as it takes. None: no frame in time, or the end.

        Raises the error of end()."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._frames and not self._ended:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            if self._frames:
                return self._frames.popleft()
            if self._error is not None:
                raise self._error
            return None
