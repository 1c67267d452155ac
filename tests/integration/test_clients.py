"""The Python client and its OpenCV example against two cameras."""

import glob
import os
import struct
import subprocess
import unittest

from harness import PATIENCE, Process, TestCase

ROOT = os.environ["RILL_SOURCE_DIR"]
# numpy and OpenCV come from Debian, for Debian's Python; the first one of the PATH may be another.
PYTHON = "/usr/bin/python3"
ENVIRONMENT = {"PYTHONPATH": os.path.join(ROOT, "clients/python/src"), "PYTHONDONTWRITEBYTECODE": "1"}
CHECKS = os.path.join(ROOT, "tests/integration/client_checks.py")
EXAMPLE = os.path.join(ROOT, "clients/python/examples/opencv_view.py")


def png_size(file):
    """(width, height), of the IHDR chunk."""
    with open(file, "rb") as content:
        head = content.read(24)
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        raise AssertionError(f"{file} is no PNG file")
    return struct.unpack(">II", head[16:])


class Units(unittest.TestCase):
    def test_the_clients_own_tests(self):
        folder = os.path.join(ROOT, "clients/python/tests")
        ran = subprocess.run([PYTHON, "-m", "unittest", "discover", "-s", folder], env={**os.environ, **ENVIRONMENT}, timeout=300 * PATIENCE,
                             capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertRegex(ran.stderr, r"Ran [1-9]\d* tests")


class Clients(TestCase):
    @classmethod
    def setUpClass(cls):
        for module, package in (("numpy", "python3-numpy"), ("cv2", "python3-opencv")):
            if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False).returncode != 0:
                raise AssertionError(f"{PYTHON} has no {module}: install {package}, as scripts/install-deps does")

    def setUp(self):
        camera = self.camera("a:codec=h264,size=1280x720", "b:codec=h265,size=640x360")
        self.rilld = self.daemon(f"paths:\n  site/a: {{ source: '{camera.url('a')}' }}\n  b: {{ source: '{camera.url('b')}' }}\n")
        self.url = f"http://127.0.0.1:{self.rilld.port}"
        for path in ("site/a", "b"):
            self.rilld.wait_status(path, "online")

    def run_python(self, *arguments):
        ran = subprocess.run([PYTHON, *arguments], env={**os.environ, **ENVIRONMENT}, timeout=120 * PATIENCE, capture_output=True,
                             text=True, check=False)
        self.assertEqual(ran.returncode, 0, f"{ran.stdout}\n{ran.stderr}\n{self.rilld.text()}")
        return ran.stdout

    def check(self, name, *streams):
        return self.run_python(CHECKS, name, self.url, *streams)

    def test_pictures_of_two_cameras(self):
        printed = self.check("pictures", "site/a", "b")
        self.assertIn("site/a: [", printed)
        self.assertIn("b: [", printed)

    def test_formats(self):
        self.assertEqual([line.split(":")[0] for line in self.check("formats", "site/a").splitlines()],
                         ["rgb", "gray", "i420", "jpeg", "png"])

    def test_by_http(self):
        self.assertIn("by HTTP", self.check("by_http", "site/a"))

    def test_two_cameras_with_asyncio(self):
        self.assertIn("together", self.check("together", "site/a", "b"))

    def test_a_path_that_is_not_configured(self):
        self.assertEqual(self.check("unknown", "nowhere").count("no path 'nowhere'"), 2)

    def test_a_stream_that_is_stopped_and_started_again(self):
        client = Process([PYTHON, CHECKS, "endless", self.url, "b"], ENVIRONMENT)
        self.addCleanup(client.stop, None)
        client.expect(r"^connection 1: frame \d+")
        self.rilld.json("POST", "/api/v1/streams/b/stop")
        self.rilld.wait_status("b", "stopped")
        client.expect(r"next attempt in")
        self.rilld.json("POST", "/api/v1/streams/b/start")
        client.expect(r"^connection [2-9]\d*: frame \d+")

    def test_the_example_writes_pictures(self):
        folder = self.new_folder("rill-opencv-")
        printed = self.run_python(EXAMPLE, self.url, "site/a", "b", "--frames", "3", "--out", folder)
        files = sorted(glob.glob(os.path.join(folder, "*.png")))
        self.assertEqual([os.path.basename(file) for file in files],
                         [f"{name}-{number}.png" for name in ("b", "site_a") for number in (1, 2, 3)])
        self.assertEqual(len(printed.splitlines()), 6)
        contents = set()
        for file in files:
            self.assertEqual(png_size(file), (2 * 640, 360))
            with open(file, "rb") as content:
                contents.add(content.read())
        self.assertEqual(len(contents), 6, "pictures move")


if __name__ == "__main__":
    unittest.main(verbosity=2)
