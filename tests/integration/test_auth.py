"""Who may do what: every protocol by every method, with right, wrong, missing and expired credentials."""

import base64
import contextlib
import ctypes
import hashlib
import http.client
import http.server
import json
import re
import socket
import threading
import time
import unittest

from credentials import basic, jwt, write_keys
from harness import TestCase, own_address, wait_for
from websocket import HANDSHAKE, WebSocket


def argon2(password):
    """As weak as can be: what is tested is not how long it takes."""
    text = ctypes.create_string_buffer(200)
    salt = b"salt of eight"
    size = ctypes.c_size_t
    error = ctypes.CDLL("libargon2.so.1").argon2id_hash_encoded(
        1, 64, 1, password, size(len(password)), salt, size(len(salt)), size(32), text, size(200))
    if error:
        raise AssertionError(f"argon2: {error}")
    return "argon2:" + text.value.decode()


SHA256 = "sha256:" + base64.b64encode(hashlib.sha256(b"secret").digest()).decode()

PATHS = """
pathDefaults: {sourceOnDemand: yes, frames: yes}
paths:
  cam: {source: "test://?size=160x120&fps=10"}
  other: {source: "test://?size=160x120&fps=10"}
  site/door: {source: "test://?size=160x120&fps=10"}
"""
# Programs of this test ask as 127.0.0.1, its clients as other addresses of the loopback.
HARNESS = '  - {user: any, ips: [127.0.0.1], permissions: [{action: api}, {action: read}]}\n'


def claims(seconds=3600, permissions=({"action": "read", "path": "cam"}, {"action": "playback"}, {"action": "api"}, {"action": "metrics"})):
    return {"mediamtx_permissions": list(permissions), "exp": int(time.time()) + seconds}


class Client:
    """From an address of its own: wrong guesses of one cost only that one."""

    def __init__(self, daemon, headers=None):
        self.port = daemon.port
        self.address = (own_address(), 0)
        self.headers = headers or {}

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=self.address)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def status(self, method, path, body=None, **headers):
        return self.request(method, path, body, headers)[0]

    def upgrade(self, path):
        """The status of a handshake."""
        with socket.create_connection(("127.0.0.1", self.port), 60, source_address=self.address) as connection:
            lines = [f"GET {path} HTTP/1.1", "Host: test", *(f"{name}: {value}" for name, value in {**HANDSHAKE, **self.headers}.items())]
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            return int(connection.makefile("rb").readline().split()[1])

    def offer(self, path):
        """The code that an offer without sense gets."""
        connection = socket.create_connection(("127.0.0.1", self.port), 60, source_address=self.address)
        with WebSocket(connection, "/ws", headers=self.headers) as channel:
            channel.send(json.dumps({"type": "offer", "streamId": path, "sdp": "v=0"}))
            return json.loads(channel.receive()[1])["code"]


START = "2026-01-01T00:00:00Z"
JSON = {"Content-Type": "application/json"}
# What is asked, and what it is answered by those who may: 4xx where they were let in and there is nothing, or it makes no sense.
READ = {
    "hls": lambda client: (client.status("GET", "/cam/index.m3u8"), 200),
    "whep": lambda client: (client.status("POST", "/cam/whep", "v=0", **{"Content-Type": "application/sdp"}), 400),
    "signalling": lambda client: (client.offer("cam"), 400),
    "session": lambda client: (client.status("POST", "/api/v1/streams/cam/sessions", "{}", **JSON), 400),
    "frames": lambda client: (client.upgrade("/api/v1/streams/cam/frames"), 101),
    "snapshot": lambda client: (client.status("GET", "/api/v1/streams/cam/snapshot.jpg"), 200),
    "page": lambda client: (client.status("GET", "/cam/"), 200),
    "stream": lambda client: (client.status("GET", "/api/v1/streams/cam"), 200),
}
PLAYBACK = {
    "list": lambda client: (client.status("GET", "/list?path=cam"), 404),
    "get": lambda client: (client.status("GET", f"/get?path=cam&start={START}&duration=5"), 404),
    "stored hls": lambda client: (client.status("GET", f"/cam/index.m3u8?start={START}&end=2026-01-01T00:01:00Z"), 404),
    "preview": lambda client: (client.status("GET", f"/api/v1/streams/cam/preview.jpg?time={START}"), 404),
    "recordings": lambda client: (client.status("GET", f"/api/v1/recordings/cam?start={START}&end=2026-01-01T00:01:00Z"), 404),
}
SERVER = {
    "dashboard": lambda client: (client.status("GET", "/"), 200),
    "streams": lambda client: (client.status("GET", "/api/v1/streams"), 200),
    "start": lambda client: (client.status("POST", "/api/v1/streams/cam/start"), 200),
    "v3": lambda client: (client.status("GET", "/v3/recordings/list"), 200),
    "sessions": lambda client: (client.status("GET", "/api/v1/streams/cam/sessions"), 200),
    "metrics": lambda client: (client.status("GET", "/metrics"), 200),
}
ALL = {**READ, **PLAYBACK, **SERVER}


class Hook(http.server.BaseHTTPRequestHandler):
    """Allows bob with his password, and says what it was asked."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        right = (asked["user"], asked["password"]) == ("bob", "secret") or asked["ip"] == "127.0.0.1"
        self.send_response(200 if right else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class AuthTest(TestCase):
    def check(self, daemon, headers, allowed, requests=None, refused=401):
        for name, ask in (requests or ALL).items():
            got, expected = ask(Client(daemon, headers))
            with self.subTest(request=name, headers=headers):
                self.assertEqual(got, expected if allowed else refused)

    def users(self, password):
        return self.daemon(f"""
authInternalUsers:
{HARNESS}  - user: bob
    pass: "{password}"
    permissions: [{{action: read, path: cam}}, {{action: playback, path: ~^ca}}, {{action: api}}, {{action: metrics}}]
""" + PATHS)

    def check_users(self, password):
        daemon = self.users(password)
        self.check(daemon, basic("bob", "secret"), True)
        self.check(daemon, {"Authorization": "Bearer bob:secret"}, True)
        self.check(daemon, basic("bob", "wrong"), False)
        self.check(daemon, basic("alice", "secret"), False)
        self.check(daemon, {}, False)
        # Right, but not for this.
        bob = Client(daemon, basic("bob", "secret"))
        self.assertEqual(bob.status("GET", "/other/index.m3u8"), 401)
        self.assertEqual(bob.offer("other"), 401)
        self.assertEqual(bob.status("GET", "/list?path=other"), 401)
        return daemon

    def test_passwords(self):
        daemon = self.check_users("secret")
        # What a browser must see without a password: the login, and what it is made of.
        for url in ("/login", "/static/js/login.js", "/health", "/api/v1/login"):
            self.assertEqual(Client(daemon).status("GET", url), 200, url)
        for url in ("/cam/index.m3u8", "/cam/whep", "/api/v1/streams", "/list"):
            self.assertEqual(Client(daemon).status("OPTIONS", url), 204, url)

    def test_sha256(self):
        self.check_users(SHA256)

    def test_argon2(self):
        self.check_users(argon2(b"secret"))

    def test_demands(self):
        """Programs are asked for a password, scripts are not, and pages lead to the login."""
        daemon = self.users("secret")
        _, headers, _ = Client(daemon).request("GET", "/cam/index.m3u8")
        self.assertTrue(headers["www-authenticate"].startswith("Basic realm="))
        # Pages of elsewhere may read why.
        self.assertEqual(headers["access-control-allow-origin"], "*")
        _, headers, _ = Client(daemon).request("GET", "/api/v1/streams", headers={"Accept": "application/json"})
        self.assertTrue(headers["www-authenticate"].startswith("Bearer realm="))
        for url, location in (("/", "login?next=/"), ("/cam/", "../login?next=/cam/"), ("/site/door/", "../../login?next=/site/door/")):
            status, headers, _ = Client(daemon).request("GET", url, headers={"Accept": "text/html"})
            self.assertEqual((status, headers["location"]), (302, location))

    def test_hook(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        config = f"authMethod: http\nauthHTTPExclude: []\nauthHTTPAddress: http://127.0.0.1:{server.server_port}/auth\n" + PATHS
        daemon = self.daemon(config)
        self.check(daemon, basic("bob", "secret"), True)
        self.check(daemon, basic("bob", "wrong"), False)
        self.check(daemon, {}, False)
        client = Client(daemon, {**basic("bob", "secret"), "User-Agent": "player"})
        server.asked.clear()
        client.status("GET", "/cam/index.m3u8?a=b")
        self.assertEqual(server.asked, [{
            "ip": client.address[0], "user": "bob", "password": "secret", "token": "", "action": "read", "path": "cam",
            "protocol": "hls", "id": server.asked[0]["id"], "query": "a=b", "userAgent": "player"}])

    def test_hook_that_is_away(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        daemon = self.daemon(f"authMethod: http\nauthHTTPAddress: http://127.0.0.1:{port}/auth\n" + PATHS)
        requests = {name: READ[name] for name in ("hls", "whep", "signalling", "frames")}
        self.check(daemon, basic("bob", "secret"), False, requests, refused=503)
        daemon.expect(f"127.0.0.1:{port}/auth decides nothing")

    def test_jwt(self):
        folder = self.new_folder("rill-jwks-")
        daemon = self.daemon(f"authMethod: jwt\nauthJWTJWKS: {write_keys(folder)}\n" + PATHS)
        right = jwt(claims())
        self.check(daemon, {"Authorization": f"Bearer {right}"}, True)
        self.check(daemon, basic("", right), True, READ)
        forged = jwt(claims(), b"x" * 32)
        without = jwt(claims(), algorithm="none")
        for token in (forged, without, jwt(claims(-60)), "nonsense"):
            self.check(daemon, {"Authorization": f"Bearer {token}"}, False)
        self.check(daemon, {}, False)
        nothing = jwt(claims(permissions=[]))
        self.check(daemon, {"Authorization": f"Bearer {nothing}"}, False)

    def test_only_this_machine(self):
        """Without a word about users everybody may watch, and nobody from elsewhere may steer or see who watches."""
        daemon = self.daemon(PATHS)
        self.check(daemon, {}, True, {**READ, **PLAYBACK})
        self.check(daemon, {}, False, SERVER)
        self.assertEqual(daemon.request("GET", "/api/v1/streams")[0], 200)
        status, _, body = Client(daemon).request("GET", "/api/v1/streams")
        self.assertIn("authInternalUsers", json.loads(body)["error"])
        daemon.expect("answer only the addresses that authInternalUsers names")
        self.assertFalse(json.loads(Client(daemon).request("GET", "/api/v1/login")[2])["hasUsers"])

    def test_pages_of_elsewhere(self):
        """A page that a browser on this machine has open steers nothing, also not by a name of its own that leads here."""
        daemon = self.daemon(PATHS)
        here = f"127.0.0.1:{daemon.port}"
        for origin, host, expected in (
                (None, here, 200), (f"http://{here}", here, 200), ("http://evil.example", here, 401), ("null", here, 401),
                ("http://evil.example", "evil.example", 401), (None, "cameras.example", 200)):
            headers = {"Host": host, **({"Origin": origin} if origin else {})}
            for method, path in (("POST", "/api/v1/streams/cam/start"), ("PATCH", "/v3/config/pathdefaults/patch")):
                status, _, body = daemon.request(method, path, body="{}", headers={**headers, **JSON})
                self.assertEqual(status, expected, (origin, host, path, body))

    def test_login(self):
        daemon = self.users("secret")
        browser = Client(daemon, {"Accept": "application/json"})

        def log_in(**body):
            status, headers, _ = browser.request("POST", "/api/v1/login", json.dumps(body), JSON)
            return status, headers.get("set-cookie", "")

        self.assertEqual(log_in(user="bob", password="wrong")[0], 401)
        self.assertEqual(log_in(user="bob")[0], 400)
        self.assertEqual(log_in(user="bob", password="secret", path=7)[0], 400)
        status, cookie = log_in(user="bob", password="secret")
        self.assertEqual(status, 200)
        self.assertIn("; HttpOnly; SameSite=Strict", cookie)
        self.check(daemon, {"Cookie": cookie.split(";")[0]}, True)
        self.check(daemon, {"Cookie": "rill_session=" + "A" * 43}, False)
        browser.headers["Cookie"] = "other=1; " + cookie.split(";")[0]
        self.assertEqual(json.loads(browser.request("GET", "/api/v1/login")[2])["user"], "bob")
        # A page of elsewhere cannot steer with it, whatever it is allowed to read.
        for origin, expected in (("http://evil.example", 401), (f"http://127.0.0.1:{daemon.port}", 200)):
            self.assertEqual(browser.status("POST", "/api/v1/streams/cam/start", Origin=origin), expected)
        # A form on any page could send this.
        self.assertEqual(browser.status("POST", "/api/v1/login", '{"user":"bob","password":"secret"}', **{"Content-Type": "text/plain"}), 400)
        _, headers, _ = browser.request("DELETE", "/api/v1/login")
        self.assertIn("Max-Age=0", headers["set-cookie"])
        self.assertEqual(browser.status("GET", "/api/v1/streams"), 401)
        self.assertNotIn("secret", daemon.text())

    def test_a_form_of_another_page_uses_no_remembered_password(self):
        """Browsers add what they know for Basic to it, as they do with cookies."""
        daemon = self.users("secret")
        browser = Client(daemon, basic("bob", "secret"))
        own = f"http://127.0.0.1:{daemon.port}"
        text, json_type = {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}
        for headers, expected in ((text, 401), ({}, 401), (json_type, 200), ({**text, "Authorization": "Bearer bob:secret"}, 200)):
            status = browser.status("POST", "/api/v1/streams/cam/start", "{}", Origin="http://evil.example", **headers)
            self.assertEqual(status, expected, headers)
        self.assertEqual(browser.status("POST", "/api/v1/streams/cam/start", Origin=own), 200)
        self.assertEqual(browser.status("POST", "/api/v1/streams/cam/start"), 200)

    def test_tokens(self):
        daemon = self.users("secret")
        bob = Client(daemon, basic("bob", "secret"))

        def sign(**body):
            return bob.request("POST", "/api/v1/tokens", json.dumps(body), JSON)

        status, _, body = sign(path="cam", action="read", expiresIn=3600)
        self.assertEqual(status, 200, body)
        token = json.loads(body)["token"]
        player = Client(daemon)
        status, _, index = player.request("GET", f"/cam/index.m3u8?token={token}")
        self.assertEqual(status, 200)
        # A player knows nothing of tokens: the playlists name them.
        playlist = next(line for line in index.decode().splitlines() if line and not line.startswith("#"))
        self.assertIn("token=", playlist)
        text = player.request("GET", f"/cam/{playlist}")[2].decode()
        segment = re.search(r'#EXT-X-MAP:URI="([^"]+)"', text).group(1)
        self.assertEqual(player.status("GET", f"/cam/{segment}"), 200, text)
        self.assertEqual(player.status("GET", f"/cam/{segment.split('?')[0]}"), 401)
        self.assertEqual(player.upgrade(f"/api/v1/streams/cam/frames?token={token}"), 101)
        # For another path, for another action, changed, and one that is to make another one.
        for url in (f"/other/index.m3u8?token={token}", f"/list?path=cam&token={token}", f"/cam/index.m3u8?token={token[:-1]}",
                    f"/api/v1/streams?token={token}"):
            self.assertEqual(Client(daemon).status("GET", url), 401, url)
        again = Client(daemon).request("POST", f"/api/v1/tokens?token={token}", '{"path":"cam"}', JSON)
        self.assertEqual(again[0], 401)
        # Nobody signs for what he may not do.
        self.assertEqual(sign(path="other")[0], 401)
        for body in ({}, {"path": 1}, {"path": "cam", "action": "api"}, {"path": "cam", "action": 7}, {"path": "cam", "expiresIn": 0}, {"path": "cam", "expiresIn": "1h"},
                     {"path": "cam", "expiresIn": 10**9}):
            self.assertEqual(sign(**body)[0], 400, body)
        self.assertNotIn(token, daemon.text())

    def follow(self, client, url):
        """What a player loads, from a playlist on: every URL in it. Returns those of segments and parts."""
        status, headers, body = client.request("GET", url)
        self.assertEqual(status, 200, f"{url}: {body[:300]}")
        if "mpegurl" not in headers["content-type"]:
            return [url]
        text = body.decode()
        named = re.findall(r'^([^#\n]+)$|URI="([^"]+)"', re.sub("#EXT-X-PRELOAD-HINT.*", "", text), re.M)
        folder = url.split("?")[0].rsplit("/", 1)[0]
        return [last for one, other in named for last in self.follow(client, f"{folder}/{one or other}")]

    def test_tokens_of_recordings(self):
        folder = self.new_folder("rill-auth-")
        daemon = self.daemon(f"""
hlsRewindWindow: 1h
pathDefaults: {{record: yes, recordPath: "{folder}/%path/%s-%f", recordPartDuration: 200ms}}
authInternalUsers:
{HARNESS}  - {{user: bob, pass: secret, permissions: [{{action: read}}, {{action: playback}}]}}
paths: {{cam: {{source: "test://?size=160x120&fps=10"}}}}
""")
        bob = Client(daemon, basic("bob", "secret"))
        # Below index.m3u8 there are the recording's windows, once there is enough for one.
        for query in ("window=60", "start=30"):
            wait_for(lambda query=query: bob.status("GET", f"/cam/index.m3u8?{query}") == 200, "enough is recorded")
        for action, url, loaded in (("read", "/cam/index.m3u8?", "~rewind"), ("read", "/cam/index.m3u8?window=60&", "~rewind"),
                                    ("playback", "/cam/index.m3u8?start=30&", "~recorded"),
                                    ("playback", f"/cam/index.m3u8?start={START}&", "~recorded")):
            with self.subTest(url=url):
                body = bob.request("POST", "/api/v1/tokens", json.dumps({"path": "cam", "action": action}), JSON)[2]
                token = json.loads(body)["token"]
                player = Client(daemon)
                segments = self.follow(player, f"{url}token={token}")
                self.assertTrue(segments and all(loaded in segment for segment in segments), segments)
                self.assertEqual(player.status("GET", segments[0].split("?")[0]), 401)
                # Who may watch may not play back all that is recorded, and the other way round.
                for one, other in (("~rewind", "~recorded"), ("~recorded", "~rewind")):
                    if one in segments[0]:
                        self.assertEqual(player.status("GET", segments[0].replace(one, other)), 401)

    def test_guessing(self):
        daemon = self.users("secret")
        guesser = Client(daemon, basic("bob", "guess"))
        answers = [guesser.status("GET", "/metrics") for _ in range(3)]
        self.assertEqual(answers, [401] * 3)
        line = daemon.expect(r"WAR \[auth\] failed to authenticate: authentication failed, address (\S+), protocol http, action metrics")
        self.assertEqual(line.group(1), guesser.address[0])
        # At once, so that the delays run beside each other.
        threads = [threading.Thread(target=lambda: answers.append(guesser.status("GET", "/metrics"))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertIn(429, answers)
        guesser.headers = basic("bob", "secret")
        self.assertEqual(guesser.status("GET", "/metrics"), 429)
        self.assertEqual(Client(daemon, basic("bob", "secret")).status("GET", "/metrics"), 200)
        self.assertNotIn("guess ", daemon.text())

    def test_reload(self):
        daemon = self.users("secret")
        bob = Client(daemon, basic("bob", "secret"))
        self.assertEqual(bob.status("GET", "/cam/index.m3u8"), 200)
        with open(daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace("secret", "changed"))
        daemon.expect("the configuration is in force")
        self.assertEqual(Client(daemon, basic("bob", "changed")).status("GET", "/cam/index.m3u8"), 200)
        self.assertEqual(bob.status("GET", "/cam/index.m3u8"), 401)


if __name__ == "__main__":
    unittest.main()
