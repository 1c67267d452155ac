"""The server's HTTP API, as far as a consumer of frames needs it."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from typing import Any, Dict, Mapping, NamedTuple, Optional
from urllib.parse import quote, urlencode, urlsplit

from .errors import ConnectionLost, RillError, ServerError, StreamNotConfigured

_SECURE = {"http": False, "ws": False, "https": True, "wss": True}


class Answer(NamedTuple):
    """What the server answered to a request that succeeded."""

    headers: http.client.HTTPMessage
    body: bytes


class Server:
    """One server, by its root URL. A connection per request: requests are rare, and any thread may make them."""

    def __init__(self, url: str, *, timeout: float = 10.0, headers: Optional[Mapping[str, str]] = None,
                 ssl_context: Optional[ssl.SSLContext] = None):
        """`url` as in http://host:8080, https://host/below; ws and wss mean the same. `timeout` in seconds, of connecting and of
        each answer. `headers` go with every request. Raises ValueError when `url` is none."""
        parts = urlsplit(url)
        if parts.scheme not in _SECURE or not parts.hostname:
            raise ValueError(f"'{url}' is no URL of a server; one is http://host:8080")
        self.secure = _SECURE[parts.scheme]
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self.root = parts.path.rstrip("/")
        self.timeout = timeout
        self.headers = dict(headers or {})
        self.ssl_context = (ssl_context or ssl.create_default_context()) if self.secure else None

    def stream_path(self, stream_id: str, action: str = "", query: Optional[Mapping[str, object]] = None) -> str:
        """The path of a stream in the API; entries of `query` that are None are left out."""
        path = f"{self.root}/api/v1/streams/{quote(stream_id, safe='/')}" + (f"/{action}" if action else "")
        given = {key: value for key, value in (query or {}).items() if value is not None}
        return f"{path}?{urlencode(given)}" if given else path

    def stream(self, stream_id: str) -> Dict[str, Any]:
        """The state of a stream: docs/api.md, "A stream". Raises StreamNotConfigured, ServerError, ConnectionLost."""
        try:
            body = self.request("GET", self.stream_path(stream_id)).body
        except ServerError as error:
            raise StreamNotConfigured(stream_id) if error.status == 404 else error from None
        try:
            return json.loads(body)
        except ValueError:
            raise RillError(f"{self.host}:{self.port} answers what is no JSON: is it a Rill server?") from None

    def ensure_stream(self, stream_id: str, source: Optional[str]) -> None:
        """Sees to it that the path exists. Today that is for the configuration to do, and `source` is for the day on which
        POST /api/v1/streams makes paths. Raises as stream()."""
        del source
        self.stream(stream_id)

    def request(self, method: str, path: str, timeout: Optional[float] = None) -> Answer:
        """The answer to a request; raises ServerError for any status that is no success, and ConnectionLost."""
        limit = self.timeout if timeout is None else timeout
        connection = (http.client.HTTPSConnection(self.host, self.port, timeout=limit, context=self.ssl_context)
                      if self.secure else http.client.HTTPConnection(self.host, self.port, timeout=limit))
        with contextlib.closing(connection):
            try:
                connection.request(method, path, headers=self.headers)
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise ConnectionLost(f"{self.host}:{self.port} does not answer: {error}") from error
        if not 200 <= response.status < 300:
            raise ServerError(response.status, error_message(body) or response.reason)
        return Answer(response.headers, body)


def error_message(body: bytes) -> str:
    """The text of {"status":"error","error":TEXT}, or nothing."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
