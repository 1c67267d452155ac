"""HTTPS, and addresses of their own for services."""

import contextlib
import http.client
import os
import re
import ssl
import subprocess
import tempfile
import unittest

from credentials import certify
from harness import PATIENCE, TestCase

RILLD = os.path.join(os.environ["RILL_BUILD_DIR"], "apps/rilld/rilld")
PATH = "paths:\n  test: {source: test://, sourceOnDemand: yes}\n"


def connect(port, certificate):
    tls = ssl.create_default_context(cafile=certificate)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=30 * PATIENCE, context=tls)


def get(connection, path, headers=None):
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def plain(port, path):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30 * PATIENCE)) as connection:
        return get(connection, path)[0]


class Https(TestCase):
    def served(self, text=""):
        folder = self.new_folder("rill-https-")
        key, certificate = certify(folder, "one", "IP:127.0.0.1")
        daemon = self.daemon(f"httpEncryption: yes\nhttpServerKey: {key}\nhttpServerCert: {certificate}\n{text}{PATH}", wait=False)
        daemon.port = int(daemon.expect(r"\[HTTP\] listening on port (\d+) with TLS").group(1))
        return daemon, folder, certificate

    def test_everything_is_served_and_nothing_without_tls(self):
        daemon, _, certificate = self.served()
        with contextlib.closing(connect(daemon.port, certificate)) as connection:
            self.assertEqual(get(connection, "/health")[0], 200)
            self.assertEqual(connection.sock.selected_alpn_protocol(), "http/1.1")
            status, playlist = get(connection, "/test/index.m3u8")
            self.assertEqual(status, 200)
            self.assertIn(b"#EXTM3U", playlist)
        curl = subprocess.run(["curl", "--silent", "--show-error", "--cacert", certificate, f"https://127.0.0.1:{daemon.port}/health"], capture_output=True,
                              timeout=30 * PATIENCE, check=False)
        self.assertEqual(curl.returncode, 0, curl.stderr)
        self.assertEqual(plain(daemon.port, "/health"), 400)

    def test_a_new_certificate_counts_for_new_connections(self):
        daemon, folder, old = self.served()
        with contextlib.closing(connect(daemon.port, old)) as living:
            self.assertEqual(get(living, "/health")[0], 200)
            before = living.sock.getpeercert(True)
            _, new = certify(folder, "two", "IP:127.0.0.1")
            daemon.expect(r"new connections get the certificate")
            with contextlib.closing(connect(daemon.port, new)) as connection:
                self.assertEqual(get(connection, "/health")[0], 200)
                self.assertNotEqual(connection.sock.getpeercert(True), before)
            self.assertEqual(get(living, "/health")[0], 200)
            with open(f"{folder}/server.key", "w", encoding="ascii") as key:
                key.write("nonsense")
            daemon.expect(r"the certificate of before stays in use")
            with contextlib.closing(connect(daemon.port, new)) as connection:
                self.assertEqual(get(connection, "/health")[0], 200)

    def test_without_its_certificate_nothing_is_started(self):
        with tempfile.TemporaryDirectory() as folder:
            config = f"{folder}/rill.yml"
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"httpAddress: 127.0.0.1:0\nhttpEncryption: yes\nhttpServerCert: {folder}/none.crt\n" + PATH)
            ended = subprocess.run([RILLD, config], capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
        self.assertEqual(ended.returncode, 2)
        self.assertRegex(ended.stderr, r"httpEncryption: the certificate .*none\.crt cannot be used: No such file")


class Services(TestCase):
    """As MediaMTX's own file has it."""

    def test_a_service_is_served_at_its_own_address_alone(self):
        services = ("api", "metrics", "playback", "hls", "webrtc")
        daemon = self.daemon("".join(f"{service}: yes\n{service}Address: 127.0.0.1:0\n" for service in services) + PATH)
        ports = {service: int(daemon.expect(rf"\[HTTP\] listening on port (\d+), for {service}").group(1)) for service in services}
        urls = {"api": "/api/v1/streams", "metrics": "/metrics", "hls": "/test/index.m3u8"}
        for service, url in urls.items():
            with self.subTest(service):
                self.assertEqual(plain(daemon.port, url), 200)
                for port in ports:
                    self.assertEqual(plain(ports[port], url), 200 if port == service else 404, port)
        self.assertEqual(plain(ports["playback"], "/list?path=test"), 404)
        self.assertEqual(plain(ports["webrtc"], "/"), 404)
        options = http.client.HTTPConnection("127.0.0.1", ports["webrtc"], timeout=30 * PATIENCE)
        with contextlib.closing(options):
            options.request("OPTIONS", "/test/whep")
            self.assertEqual(options.getresponse().status, 204)

    def test_what_is_off_opens_nothing(self):
        daemon = self.daemon("metrics: no\nmetricsAddress: 127.0.0.1:0\nhls: no\nhlsAddress: 127.0.0.1:0\n" + PATH)
        self.assertEqual(plain(daemon.port, "/health"), 200)
        self.assertEqual(len(re.findall(r"listening on port", daemon.text())), 1)


if __name__ == "__main__":
    unittest.main()
