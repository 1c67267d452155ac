"""A daemon with everything on and a user, to be sent what is wrong, and what must hold whatever it was sent."""

import contextlib
import http.client
import json
import shutil
import socket
import tempfile
import urllib.parse

import operations
from credentials import basic
from harness import PATIENCE, Camera, Daemon, TestCase
from offer import OFFER


USER, PASSWORD, CAMERA_PASSWORD = "operator", "sesame-7319", "camera-4482"
MAY_ALL = "[{action: read}, {action: playback}, {action: api}, {action: metrics}]"
# What no answer and no line of the log may hold.
SECRETS = (PASSWORD, CAMERA_PASSWORD)
NOWHERE = "00000000-0000-4000-8000-000000000000"
# "cam" is the camera whose picture goes on whatever happens to the others.
VALUES = {"path": "spare", "name": "spare", "stream_id": "spare", "source_id": "1", "indicator_id": "managed", "id": NOWHERE, "session": NOWHERE,
          "secret": NOWHERE, "playlist": "video1", "segment": "video1_0", "number": "999999", "file": "js/login.js"}
# Of each request with a JSON body, one that is right.
CONFIG = {"source": "test://?fps=1", "sourceOnDemand": True, "hlsSegmentCount": 7}
CAMERA = "rtsp://127.0.0.1:1/x"
RIGHT = {
    "/api/v1/streams/{path}/sessions": {"sdp": OFFER, "mode": "dvr", "start": 5, "maxHeight": 1080},
    "/api/v1/streams/{path}/sessions/{session}/seek": {"time": 5},
    "/api/v1/streams/{path}/sessions/{session}/speed": {"rate": 1},
    "/api/v1/streams/{path}/sessions/{session}/step": {"frames": 1},
    "/api/v1/login": {"user": USER, "password": PASSWORD, "path": "spare"},
    "/api/v1/tokens": {"path": "spare", "action": "read", "expiresIn": 60},
    "/v3/config/global/patch": {"readTimeout": "10s"},
    "/v3/config/pathdefaults/patch": {"readTimeout": "10s"},
    "/v3/config/paths/add/{name}": CONFIG,
    "/v3/config/paths/patch/{name}": CONFIG,
    "/v3/config/paths/replace/{name}": CONFIG,
    "/api/stream/stop": {"indicator_id": "987654"},
    "/api/streams": {"stream_id": "other", "rtsp_url": CAMERA, "width": 64, "height": 48, "frame_buffer_size": 2, "client_buffer_size": 2},
    "/streams": {"source_id": 4711, "rtsp_url": CAMERA, "username": "a", "password": "b", "should_record": False, "restart_interval_secs": 1},
    "/streams/{source_id}/webrtc": {"sdp": OFFER},
    "/streams/{source_id}/webrtc/dvr": {"sdp": OFFER, "timestamp": "2026-01-01T00:00:00Z"},
    "/streams/{source_id}/webrtc/{session}/seek": {"timestamp": "2026-01-01T00:00:00Z"},
    "/streams/{source_id}/webrtc/{session}/speed": {"speed": 1},
}
OF_PATHS = ("path", "name", "stream_id", "source_id", "indicator_id")
MISSING = {**VALUES, **{name: "987654" for name in OF_PATHS}}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def error(self):
        """What its JSON says is wrong; nothing when it is not an error as the API's document has it."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return None
        is_error = isinstance(told, dict) and told.get("status") == "error" and isinstance(told.get("error"), str)
        return told["error"] if is_error else None

    def __str__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """One connection that is kept, from an address of its own."""

    def __init__(self, port, headers=None, address="127.0.0.1"):
        self.headers = headers or {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60 * PATIENCE, source_address=(address, 0))

    def ask(self, method, url, body=None, headers=None):
        with contextlib.suppress(http.client.RemoteDisconnected):  # it was idle for too long
            return self._ask(method, url, body, headers)
        return self._ask(method, url, body, headers)

    def _ask(self, method, url, body, headers):
        try:
            self.connection.request(method, url, body=body, headers={**self.headers, **(headers or {})})
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            self.connection.close()
            raise
        is_endless = answer.getheader("Content-Type", "").startswith(("text/event-stream", "multipart/"))
        content = b"" if is_endless and method != "HEAD" else answer.read()
        if is_endless:
            self.connection.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def ask_head(self, url):
        """Of a connection of its own, which shows what comes behind the header: http.client reads no body of HEAD."""
        lines = [f"HEAD {url} HTTP/1.1", "Host: test", "Connection: close", *(f"{name}: {value}" for name, value in self.headers.items())]
        with socket.create_connection(("127.0.0.1", self.connection.port), 60 * PATIENCE) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            header, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
        return Answer(int(header.split()[1]), {}, body)

    def close(self):
        self.connection.close()


class FaultSite(TestCase):
    """One daemon for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.operations = operations.read()
        cls.folder = tempfile.mkdtemp(prefix="rill-faults-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.source = Camera("a:codec=h264,size=160x120,fps=10,gop=1s,audio=none")
        cls.addClassCleanup(cls.source.stop, None)
        test = "test://?size=160x120&fps=5"
        cls.rilld = Daemon(
            f"{cls.access()}api: yes\nmetrics: yes\nplayback: yes\ndialects: yes\ndialectsCleanupDelay: 10m\nwebrtcHandshakeTimeout: 10m\n"
            f"pathDefaults: {{hls: yes, webrtc: yes, frames: yes, recordPath: {cls.folder}/%path/%s-%f, recordPartDuration: 200ms}}\n"
            f"paths:\n  cam: {{source: '{cls.source.url('a', f'admin:{CAMERA_PASSWORD}@')}', record: yes}}\n"
            f"  spare: {{source: '{test}', record: yes}}\n  '1': {{source: '{test}', record: yes}}\n")
        cls.addClassCleanup(cls.end)
        cls.rilld.request = cls.request_as_user
        for name in ("cam", "spare", "1"):
            cls.rilld.wait_status(name, "online")
        cls.rilld.json("GET", f"/api/stream/start?indicator_id=managed&rtsp_link={cls.source.url('a')}")
        # Segments are there once the playlist was asked for.
        assert cls.rilld.request("GET", "/streams/managed/stream.m3u8")[0] == 200
        cls.client = cls.new_client(cls.credentials())
        cls.addClassCleanup(cls.client.close)

    @classmethod
    def end(cls):
        cls.rilld.stop()
        for secret in SECRETS:
            if secret in "\n".join(cls.rilld.lines):
                raise AssertionError(f"{secret} is in the log")

    @classmethod
    def access(cls):
        """Who may, as YAML."""
        return f"authInternalUsers:\n  - {{user: {USER}, pass: {PASSWORD}, permissions: {MAY_ALL}}}\n"

    @classmethod
    def credentials(cls):
        """Of who may do all."""
        return basic(USER, PASSWORD)

    @classmethod
    def new_client(cls, headers=None, **arguments):
        return Client(cls.rilld.port, headers, **arguments)

    @classmethod
    def request_as_user(cls, method, path, body=None, headers=None):
        """For the harness."""
        with contextlib.closing(cls.new_client(cls.credentials())) as client:
            answer = client.ask(method, path, body, headers)
        return answer.status, answer.headers, answer.body

    def tearDown(self):
        """Whatever was sent: the daemon lives, and who watches the camera sees it."""
        self.assert_flows(self.rilld, "cam")
        picture = self.client.ask("GET", "/api/v1/streams/cam/snapshot.jpg")
        self.assertEqual((picture.status, picture.body[:3]), (200, b"\xff\xd8\xff"), picture)

    def assert_tells_nothing(self, answer):
        text = answer.body + repr(answer.headers).encode()
        for secret in (*SECRETS, "root:x:", self.folder, self.rilld.folder.name):
            self.assertNotIn(secret.encode(), text)

    def assert_refused(self, operation, answer, *expected):
        """With a status that the operation documents, one of the expected if any are named, and an error as documented."""
        self.assertTrue(operation.documents(answer.status), f"{answer} is not in docs/openapi.yaml")
        self.assert_error(answer, *(expected or range(400, 600)))

    def assert_refused_by_http(self, answer, status):
        """Before it is looked at what is asked for."""
        self.assertIn(status, operations.BY_HTTP)
        self.assert_error(answer, status)

    def assert_error(self, answer, *expected):
        self.assertIn(answer.status, expected, answer)
        self.assertTrue(answer.error(), answer)
        self.assert_tells_nothing(answer)


def quoted(text):
    return urllib.parse.quote(text, safe="")
