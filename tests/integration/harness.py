"""Runs the daemon and the camera simulator as processes. Standard library only."""

import contextlib
import http.client
import itertools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

BUILD = os.environ["RILL_BUILD_DIR"]
RILLD = os.path.join(BUILD, "apps/rilld/rilld")
CAMERA = os.path.join(BUILD, "apps/camera/rill-camera")
# Sanitizers make everything slower; this stretches the time limits, never an expectation.
PATIENCE = 4 if os.environ.get("RILL_SANITIZE") else 1


_numbers = itertools.count()


def own_address():
    """Of the loopback, and no other client of this test's: who is counted by address is one of a kind."""
    number = next(_numbers)
    return f"127.1.{number // 250}.{number % 250 + 1}"


def wait_for(condition, what, timeout=20.0):
    """The condition's first true value. Polling a state is not a sleep: it ends as soon as the state is there."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout * PATIENCE:g} s: {what}")
        time.sleep(0.02)


class Process:
    """A child whose output is read line by line."""

    def __init__(self, arguments, environment=None):
        self.lines = []
        self._new = queue.Queue()
        self.child = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            errors="replace", env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line.rstrip("\n"))

    def stall(self, seconds):
        """It gets no processor for so long, as on a busy machine. The time is what is tried; there is nothing to await."""
        self.child.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.child.send_signal(signal.SIGCONT)

    def expect(self, pattern, timeout=20.0):
        """The match of the first line, old or new, that fits."""
        def match():
            for line in list(self.lines):
                found = re.search(pattern, line)
                if found:
                    return found
            if self.child.poll() is not None and not self._reader.is_alive():
                raise AssertionError(f"ended with {self.child.returncode} before /{pattern}/:\n" + self.text())
            return None
        try:
            return wait_for(match, f"a line with /{pattern}/", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()}") from None

    def text(self):
        return "\n".join(self.lines[-200:])

    def wait(self, timeout=20.0):
        code = self.child.wait(timeout * PATIENCE)
        self._reader.join(timeout)
        return code

    def stop(self, expected=0):
        """SIGTERM; the exit code must be the expected one."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            code = self.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError("did not end after SIGTERM:\n" + self.text()) from None
        finally:
            self.child.stdout.close()
        if expected is not None and code != expected:
            raise AssertionError(f"ended with {code}, expected {expected}:\n" + self.text())

    def threads(self):
        return len(os.listdir(f"/proc/{self.child.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))


class Camera(Process):
    """rill-camera. `specs` as on its command line; faults by command()."""

    def __init__(self, *specs, options=()):
        super().__init__([CAMERA, "--port", "0", "--control", "0", "--exit-with-parent", *options, *specs],
                         {"G_DEBUG": "fatal-criticals"})
        ready = self.expect(r"^rill-camera: ready .*", 180).group(0)
        self.port = int(re.search(r"rtsps?://[^/]*?:(\d+)/", ready).group(1))
        self.control_port = int(self.expect(r"control \S*?:?(\d+)$").group(1))

    def url(self, name, credentials=""):
        return f"rtsp://{credentials}127.0.0.1:{self.port}/{name}"

    def command(self, line):
        import socket
        # An encoder that begins anew may take a while beside other tests.
        with socket.create_connection(("127.0.0.1", self.control_port), 60) as connection:
            connection.sendall((line + "\n").encode())
            answer = connection.makefile().readline().strip()
        if answer.startswith("error"):
            raise AssertionError(f"rill-camera: {line}: {answer}")
        return answer


def propagation():
    """Of the mounts of a process with a disk of its own. Whose root is a plain folder has no root mount to make private."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return "private" if any(mount.split()[4] == "/" for mount in mounts) else "unchanged"


class Daemon(Process):
    """rilld with a configuration given as text. httpAddress is a free port of the loopback, and WebRTC's any that is free."""

    def __init__(self, config, wait=True, disk=None, folder=None, environment=None):
        """`disk`: a folder where the process alone sees a disk of so many megabytes; see inside(). `folder`: where the
        configuration is written, for one who looks there afterwards. `environment`: more variables."""
        self.folder = tempfile.TemporaryDirectory()
        self.config = os.path.join(folder or self.folder.name, "rill.yml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("httpAddress: 127.0.0.1:0\nwebrtcLocalUDPAddress: :0\n" + config)
        command = [RILLD, self.config]
        if disk:
            folder, megabytes = disk
            rights = [] if os.geteuid() == 0 else ["--map-root-user"]
            command = ["unshare", *rights, "--mount", "--propagation", propagation(), "sh", "-c",
                       'mount -t tmpfs -o size="$1"m tmpfs "$2" && shift 2 && exec "$@"', "sh", str(megabytes), folder, *command]
        super().__init__(command, environment)
        self.port = int(self.expect(r"\[HTTP\] listening on port (\d+)").group(1)) if wait else 0

    def inside(self, file):
        """The path by which a file is seen that lies on the process's own disk."""
        return f"/proc/{self.child.pid}/root{file}"

    def request(self, method, path, body=None, headers=None, timeout=30):
        """(status, headers with names in lower case, body). Headers that come several times are one list."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            lists = {}
            for name, value in answer.getheaders():
                lists.setdefault(name.lower(), []).append(value)
            return answer.status, {name: ", ".join(values) for name, values in lists.items()}, answer.read()

    def json(self, method, path, expected=200, **arguments):
        status, _, body = self.request(method, path, **arguments)
        if status != expected:
            raise AssertionError(f"{method} {path}: {status}, expected {expected}: {body[:300]!r}\n{self.text()}")
        return json.loads(body)

    def stream(self, name):
        return self.json("GET", f"/api/v1/streams/{name}")

    def wait_status(self, name, status, timeout=20.0):
        try:
            return wait_for(lambda: (s := self.stream(name))["status"] == status and s, f"{name} is {status}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.stream(name)}\n{self.text()}") from None

    def kill(self):
        """SIGKILL; there is nothing to stop any more."""
        self.child.kill()
        self.wait()
        super().stop(-signal.SIGKILL)

    def stop(self, expected=0):
        if self.child.returncode == -signal.SIGKILL:
            return
        super().stop(expected)
        self.folder.cleanup()
        # Not G_DEBUG=fatal-criticals: the log tells those that are no fault of ours as debug lines.
        wrong_calls = [line for line in self.lines if re.search(r" ERR .*assertion '.*' failed", line)]
        if wrong_calls:
            raise AssertionError("wrong calls of GLib or GStreamer:\n" + "\n".join(wrong_calls))


class TestCase(unittest.TestCase):
    """Stops what it started, in reverse order, and checks how it ended."""

    def new_folder(self, prefix):
        """An empty one, which goes when all that was started after it has stopped."""
        folder = tempfile.mkdtemp(prefix=prefix)
        self.addCleanup(shutil.rmtree, folder, True)
        return folder

    def camera(self, *specs, **arguments):
        camera = Camera(*specs, **arguments)
        self.addCleanup(camera.stop, None)
        return camera

    def daemon(self, config, **arguments):
        daemon = Daemon(config, **arguments)
        self.addCleanup(daemon.stop)
        return daemon

    def frames(self, daemon, name):
        """Video units that arrived so far."""
        tracks = daemon.stream(name)["tracks"]
        return sum(track["units"] for track in tracks if track["kind"] == "video")

    def assert_flows(self, daemon, name, timeout=20.0):
        before = self.frames(daemon, name)
        wait_for(lambda: self.frames(daemon, name) >= before + 10, f"ten more frames on {name}", timeout)
