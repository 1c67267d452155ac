"""deploy/nginx/rill.conf before the daemon: all that Rill serves comes through, and nginx keeps what may be kept."""

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import unittest

from credentials import certify
from harness import PATIENCE, Process, TestCase, wait_for
from offer import OFFER
from websocket import WebSocket

SOURCE = os.environ["RILL_SOURCE_DIR"]
NAME = "rill.example.org"


class Nginx(Process):
    """nginx with the shipped file, but for names of this machine: its ports are sockets in a folder."""

    def __init__(self, folder, daemon):
        self.http, self.https = f"{folder}/http", f"{folder}/https"
        key, certificate = certify(folder, NAME, f"DNS:{NAME}")
        self.tls = ssl.create_default_context(cafile=certificate)
        with open(os.path.join(SOURCE, "deploy/nginx/rill.conf"), encoding="utf-8") as shipped:
            rill = shipped.read()
        for here, there in (("listen 80;", f"listen unix:{self.http};"), ("listen [::]:80;", ""),
                            ("listen 443 ssl http2;", f"listen unix:{self.https} ssl http2;"), ("listen [::]:443 ssl http2;", ""),
                            ("127.0.0.1:8080", f"127.0.0.1:{daemon.port}"), ("/var/cache/nginx/rill", f"{folder}/cache"),
                            ("/etc/ssl/rill/fullchain.pem", certificate), ("/etc/ssl/rill/privkey.pem", key)):
            if f" {here}" not in rill:
                raise AssertionError(f"deploy/nginx/rill.conf has no {here}")
            rill = rill.replace(f" {here}", f" {there}")
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as main:
            main.write(f"daemon off;\nmaster_process off;\nerror_log stderr notice;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{rill}}}\n")
        # Debian has it where only root looks for programs.
        super().__init__(["nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"],
                         {"PATH": os.environ["PATH"] + ":/usr/sbin"})
        # Its first line; by then it listens.
        self.expect(r"\[notice\].* nginx/\d")

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30 * PATIENCE)
        try:
            connection.connect(self.https)
            return self.tls.wrap_socket(connection, server_hostname=NAME)
        except OSError:
            connection.close()
            raise

    def open(self, method, path, body=None, headers=None):
        """The connection, on which the answer is still to be read."""
        connection = http.client.HTTPConnection(NAME)
        connection.sock = self.connect()
        connection.request(method, path, body=body, headers=headers or {})
        return connection

    def request(self, *arguments):
        with contextlib.closing(self.open(*arguments)) as connection:
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


class Proxy(TestCase):
    def setUp(self):
        folder = self.new_folder("rill-proxy-")
        self.source = self.camera("a:codec=h264,size=160x120,audio=aac")
        self.rilld = self.daemon(f"readTimeout: 60s\npaths:\n  a: {{ source: '{self.source.url('a')}' }}\n")
        self.rilld.wait_status("a", "online")
        self.nginx = Nginx(folder, self.rilld)
        self.addCleanup(self.nginx.stop)

    def test_page_over_http2(self):
        def curl(socket_path, url):
            return subprocess.run(["curl", "-sS", "--insecure", "--http2", "--unix-socket", socket_path, "-w", "\n%{http_version} %{http_code} %{redirect_url}", url],
                                  capture_output=True, text=True, timeout=30 * PATIENCE, check=True).stdout
        page = curl(self.nginx.https, f"https://{NAME}/")
        self.assertIn("<html", page)
        self.assertEqual(page.splitlines()[-1].split(), ["2", "200"])
        self.assertEqual(curl(self.nginx.http, f"http://{NAME}/a/").splitlines()[-1].split(), ["1.1", "301", f"https://{NAME}/a/"])

    def test_whep(self):
        status, headers, answer = self.nginx.request("POST", "/a/whep", OFFER, {"Content-Type": "application/sdp"})
        self.assertEqual(status, 201, answer)
        self.assertIn(b"a=candidate:", answer)
        self.assertEqual(self.nginx.request("DELETE", headers["Location"])[0], 200)

    def test_hls(self):
        def playlist(url):
            status, headers, text = self.nginx.request("GET", url)
            self.assertEqual((status, headers["X-Cache-Status"]), (200, None), text)
            return text.decode()

        first = playlist("/a/index.m3u8")
        media = "/a/" + [line for line in first.splitlines() if line and not line.startswith("#")][0]
        text, segments = wait_for(lambda: (found := re.findall(r"(?<!GAP\n)#EXTINF:.*\n(\S+)", p := playlist(media))) and (p, found), "a segment")
        # Each viewer asks for it with a query of his own.
        answers = [self.nginx.request("GET", "/a/" + re.sub(r"session=.*", f"session={viewer}", segments[-1])) for viewer in "12"]
        self.assertEqual([(status, headers["X-Cache-Status"]) for status, headers, _ in answers], [(200, "MISS"), (200, "HIT")])
        self.assertEqual(answers[0][2], answers[1][2])
        self.assertGreater(len(answers[0][2]), 1000)
        # A part that is not there yet comes as soon as it is.
        hint = "/a/" + re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', playlist(media)).group(1)
        self.assertEqual(self.nginx.request("GET", hint)[0], 200)
        # A playlist that blocks is answered, and not from what was.
        number = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text).group(1)) + text.count("#EXTINF") + 1
        later = playlist(f"{media}{'&' if '?' in media else '?'}_HLS_msn={number}")
        self.assertGreaterEqual(int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", later).group(1)) + later.count("#EXTINF"), number + 1)

    def test_websockets(self):
        with WebSocket(self.nginx.connect(), "/ws") as signalling:
            signalling.send(json.dumps({"type": "offer", "streamId": "a", "sdp": OFFER}))
            opcode, answer = signalling.receive()
            self.assertEqual((opcode, json.loads(answer)["type"]), (1, "answer"), answer)
        with WebSocket(self.nginx.connect(), "/api/v1/streams/a/frames") as frames:
            for _ in range(3):
                opcode, message = frames.receive()
                self.assertEqual(opcode, 2, message[:200])

    def test_mjpeg_goes_on_at_once(self):
        # Pictures so small that nginx's buffers would hold several, and no more of them: what was sent must be there.
        with contextlib.closing(self.nginx.open("GET", "/api/v1/streams/a/mjpeg?width=32&fps=2")) as connection:
            wait_for(self.sent, "a picture is sent")
            self.source.command("freeze a")
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            picture = b""
            while b"\xff\xd9" not in picture:
                picture += answer.read1(4096)
            self.assertEqual(self.rilld.stream("a")["status"], "online", "the end of the stream is not what brought it")

    def sent(self):
        return next(sink for sink in self.rilld.stream("a")["sinks"] if sink["id"] == "frames")["counters"]["sent_bytes_total"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
