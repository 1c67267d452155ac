"""What rilld says about a configuration that cannot be, and how it ends."""

import os
import socket
import subprocess
import tempfile
import unittest

from harness import RILLD, TestCase


def check(text, *arguments, environment=None):
    """(exit code, output) of rilld with this configuration."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "c.yml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        # Nothing is to be left there, also no log file.
        done = subprocess.run([RILLD, file, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=folder,
                              env={**os.environ, **(environment or {})})
        if os.listdir(folder) != ["c.yml"]:
            raise AssertionError(f"rilld left {os.listdir(folder)}")
        return done.returncode, (done.stdout + done.stderr).replace(folder + "/", "")


PATH = "paths:\n  cam1:\n    source: rtsp://127.0.0.1:1/x\n"


class BadConfiguration(TestCase):
    CASES = [
        ("no YAML", "paths: [", "c.yml:"),
        ("unknown key", "hlsSegmentCont: 3\n", "c.yml:1: hlsSegmentCont:"),
        ("the nearest key is named", "hlsSegmentCont: 3\n", "hlsSegmentCount"),
        ("wrong type", "hlsSegmentCount: many\n", "c.yml:1: hlsSegmentCount:"),
        ("bad duration", PATH + "    sourceOnDemandStartTimeout: 5 minutes\n", "c.yml:4: paths.cam1.sourceOnDemandStartTimeout:"),
        ("no height", "hlsRenditions: [720p, auto]\n" + PATH, "hlsRenditions: 'auto' is not a height from 16p to 4320p, such as 720p"),
        ("a height twice", PATH + "    hlsRenditions: [720p, 720p]\n", "hlsRenditions: '720p' is there twice"),
        ("dots in a name", "paths:\n  a/../b: { source: rtsp://h/x }\n", "c.yml:2:"),
        ("leading slash", "paths:\n  /a: { source: rtsp://h/x }\n", "c.yml:2:"),
        ("odd characters", "paths:\n  'a b': { source: rtsp://h/x }\n", "c.yml:2:"),
        ("missing module", "paths:\n  a: { source: gopher://h/x }\n", "gopher"),
        ("on demand without a pulled source", "paths:\n  a: { source: publisher, sourceOnDemand: yes }\n", "publisher"),
        ("what a source says", "paths:\n  a: { source: 'test://?codec=h263' }\n", "c.yml:2: paths.a: "),
    ]

    def test_messages(self):
        for what, text, expected in self.CASES:
            with self.subTest(what):
                code, output = check(text)
                self.assertEqual(code, 2, output)
                self.assertIn(expected, output)
                self.assertIn("nothing was started", output)

    def test_every_problem_is_listed(self):
        code, output = check("readTimeout: soon\nhlsVariant: dash\n" + PATH + "    maxReaders: -1\n")
        self.assertEqual(code, 2)
        for line in ("c.yml:1: readTimeout:", "c.yml:2: hlsVariant:", "c.yml:6: paths.cam1.maxReaders:"):
            self.assertIn(line, output)

    def test_what_modules_say_is_listed_with_the_rest(self):
        code, output = check("readTimeout: soon\n" + PATH + "  b:\n    source: test://?codec=h263\n  c: { maxReaders: -1 }\n")
        self.assertEqual(code, 2)
        lines = [line.split(" ")[0] for line in output.splitlines()]
        self.assertEqual(lines[:4], ["c.yml:1:", "c.yml:6:", "c.yml:7:", "c.yml:7:"], output)

    def test_check_starts_nothing(self):
        code, output = check("httpAddress: 127.0.0.1:0\n" + PATH, "--check")
        self.assertEqual(code, 0, output)
        self.assertIn("1 path, no problems", output)

    def test_where_http_is_served_is_said_as_by_another_server(self):
        bind = {"BIND_ADDRESS": "127.0.0.1:8009"}
        own = {"RILL_HTTPADDRESS": ":8010"}
        for arguments, environment, expected in (
                (["--port", "8009"], {}, ":8009"), ([], bind, "127.0.0.1:8009"), (["--port", "8011"], {**bind, **own}, ":8011"),
                ([], {**bind, **own}, ":8010"), ([], {**bind, "MTX_HTTPADDRESS": ":8012"}, ":8012"), ([], {}, ":8013"),
                ([], {"BIND_ADDRESS": ""}, ":8013")):
            with self.subTest(arguments=arguments, environment=environment):
                code, output = check("httpAddress: :8013\n", "--print-config", *arguments, environment=environment)
                self.assertEqual(code, 0, output)
                self.assertRegex(output, rf'(?m)^httpAddress: "?{expected}"?$')
        for port in ("0", "65536", "http", "-1", ""):
            code, output = check(PATH, "--port", port)
            self.assertEqual((code, "--port needs a number" in output), (2, True), output)
        self.assertEqual(check(PATH, "--port")[0], 2)
        code, output = check(PATH, "--check", environment={"BIND_ADDRESS": "0.0.0.0"})
        self.assertEqual((code, output.split(": ")[0]), (2, "BIND_ADDRESS"), output)

    def test_a_file_of_mediamtx(self):
        text = "rtmp: yes\nprotocols: [tcp]\nreadBufferCount: 64\nhttpAddress: 127.0.0.1:0\n" + PATH + "    sourceProtocol: tcp\n"
        code, output = check(text, "--check")
        self.assertEqual(code, 0, output)
        self.assertIn("warning: c.yml: keys of MediaMTX without effect here: protocols, rtmp\n", output)
        self.assertIn("warning: c.yml: older names, which still count: readBufferCount (writeQueueSize), sourceProtocol (rtspTransport)\n", output)
        code, output = check(text, "--check", "--strict")
        self.assertEqual(code, 2, output)
        self.assertIn("2 problems; nothing was started", output)

    def test_what_is_in_force_is_printed(self):
        code, printed = check("hlsSegmentCount: 5\npaths:\n  a: { source: 'rtsp://admin:s3cret@h/x', record: yes }\n", "--print-config")
        self.assertEqual(code, 0, printed)
        self.assertNotIn("s3cret", printed)
        self.assertIn("\npathDefaults:\n", printed)
        self.assertIn("\n  hlsSegmentCount: 5\n", printed)
        self.assertTrue(printed.endswith("paths:\n  a:\n    source: \"rtsp://***@h/x\"\n    record: yes\n"), printed)
        code, output = check(printed, "--print-config")
        self.assertEqual((code, output), (0, printed))

    def test_secrets_stay_out(self):
        code, output = check("paths:\n  a: { source: 'rtsp://admin:s3cret@h/x', maxReaders: x }\n")
        self.assertEqual(code, 2)
        self.assertNotIn("s3cret", output)

    def test_port_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, output = check(f"httpAddress: 127.0.0.1:{port}\n" + PATH)
        self.assertEqual(code, 3, output)
        self.assertIn(str(port), output)

    def test_command_line(self):
        for arguments, code, text in (
                (["--version"], 0, "rilld "), (["--help"], 0, "Exit codes"), (["--list-modules"], 0, "sink        hls"),
                (["--nonsense"], 2, "--nonsense"), (["/nonexistent.yml"], 2, "/nonexistent.yml")):
            with self.subTest(arguments):
                done = subprocess.run([RILLD, *arguments], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, code)
                self.assertIn(text, done.stdout + done.stderr)


class MediaMtx(TestCase):
    def test_its_configuration(self):
        """With every key that it documents, as people come with it."""
        with open(os.path.join(os.path.dirname(__file__), "mediamtx.yml"), encoding="utf-8") as file:
            text = file.read()
        code, output = check(text, "--check")
        self.assertEqual(code, 0, output)
        self.assertIn("c.yml: 0 paths, no problems", output)
        self.assertIn("paths that wait for publishers, whom this version does not take: all_others\n", output)
        cameras = text.replace("  all_others:\n", "  cam1: {source: rtsp://127.0.0.1:1/x}\n")
        self.assertIn("c.yml: 1 path, no problems", check(cameras, "--check")[1])
        code, output = check(cameras, "--check", "--strict")
        self.assertEqual(code, 2, output)
        self.assertIn("keys of MediaMTX without effect here: ", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
