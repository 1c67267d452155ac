"""Delays between attempts."""

from __future__ import annotations

import random
from typing import Callable


class Backoff:
    """Doubles up to a limit, each delay shortened by up to half at random: the clients of a restarted server do not return all
    at once."""

    def __init__(self, first: float = 0.5, limit: float = 30.0, uniform: Callable[[], float] = random.random):
        """`first` and `limit` in seconds; `uniform` returns [0, 1)."""
        self._first = first
        self._limit = limit
        self._uniform = uniform
        self._next = first

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        full = min(self._next, self._limit)
        self._next = min(self._next * 2, self._limit)
        return full * (0.5 + self._uniform() / 2)

    def reset(self) -> None:
        """After a success."""
        self._next = self._first
