"""What can go wrong between a client and its server."""

from __future__ import annotations


class RillError(Exception):
    """Every error of this package."""


class ServerError(RillError):
    """The server refused a request. `status` is the HTTP status."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status = status


class StreamNotConfigured(ServerError):
    """The server has no path of this name."""

    def __init__(self, stream_id: str):
        super().__init__(404, f"the server has no path '{stream_id}'. Add it to 'paths:' of its configuration, "
                              "with the camera's URL as its 'source:'")


class ConnectionLost(RillError):
    """The server cannot be reached, or is not any more. A receiving client tries again by itself."""


class ProtocolError(RillError):
    """The server sent what is no WebSocket, or no frame of Rill."""
