"""Raw camera pictures from a Rill server as numpy arrays."""

from .async_client import AsyncRTSPStreamClient
from .client import RTSPStreamClient
from .errors import ConnectionLost, ProtocolError, RillError, ServerError, StreamNotConfigured
from .frame import Frame
from .receiver import Counters

__all__ = ["AsyncRTSPStreamClient", "ConnectionLost", "Counters", "Frame", "ProtocolError", "RTSPStreamClient", "RillError",
           "ServerError", "StreamNotConfigured"]
