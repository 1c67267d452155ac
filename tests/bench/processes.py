"""What is measured, what measures it, and what a process costs."""

import contextlib
import functools
import json
import os
import resource
import subprocess
import sys
import time

ROOT = os.environ["RILL_SOURCE_DIR"]
PROGRAMS = os.path.join(os.environ["RILL_BUILD_DIR"], "tests/bench")
sys.path.insert(0, os.path.join(ROOT, "tests/integration"))
from harness import Camera, Daemon, wait_for  # noqa: E402,F401  (the path must be known first)

TICK = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def watched(spec, paths=("a",), options=""):
    """A camera, a daemon with all of its paths online, and the daemon's root."""
    with contextlib.ExitStack() as stack:
        camera = Camera(spec)
        stack.callback(camera.stop, None)
        daemon = Daemon(f"{options}paths:\n" + "".join(f"  {path}: {{ source: '{camera.url(path)}' }}\n" for path in paths))
        stack.callback(daemon.stop)
        wait_for(lambda: all(s["status"] == "online" for s in daemon.json("GET", "/api/v1/streams")["streams"]), "all online", 120)
        yield camera, daemon, f"http://127.0.0.1:{daemon.port}"


@contextlib.contextmanager
def unwatched(config):
    """A daemon with cameras that are not its own, or with none."""
    daemon = Daemon(config)
    try:
        yield daemon
    finally:
        daemon.stop()


def cpu_seconds(process):
    with open(f"/proc/{process.child.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(process):
    """Resident bytes."""
    with open(f"/proc/{process.child.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def growth(count, seconds=10.0):
    """By how much a second something grows, over some seconds."""
    before, start = count(), time.monotonic()
    time.sleep(seconds)  # the window that is measured
    return (count() - before) / (time.monotonic() - start)


def cpu_share(process, seconds=10.0):
    """Share of a core."""
    return growth(lambda: cpu_seconds(process), seconds)


def cost(command, count=1, longest=60):
    """Processor seconds of so many at once, and the most memory that each had, summed. Standard output goes nowhere."""
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(count)]
    seconds, resident = 0.0, 0
    for one in running:
        # As long as wait() was not asked for, only the kernel knows what a child took; it tells with its end.
        ended = wait_for(lambda pid=one.pid: (end := os.wait4(pid, os.WNOHANG))[0] and end, f"{command[0]} ends", longest)
        one.returncode = os.waitstatus_to_exitcode(ended[1])
        assert one.returncode == 0, f"{command[0]} ended with {one.returncode}"
        seconds += ended[2].ru_utime + ended[2].ru_stime
        resident += ended[2].ru_maxrss * 1024
    return seconds, resident


def settled(process, longest=30):
    """Waits until a second no longer costs less than the one before it."""
    end, last = time.monotonic() + longest, float("inf")
    while (share := cpu_share(process, 1.0)) < last * 0.98 and time.monotonic() < end:
        last = share


class Viewers:
    """whep-viewers: receives and does not decode. `sessions` has the times of each session's beginning."""

    def __init__(self, url, count, single=False):
        arguments = [os.path.join(PROGRAMS, "whep-viewers"), *(["--single"] if single else []), url, str(count)]
        self._child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.sessions = []
        while "ready" not in (line := self._read()):
            self.sessions.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.communicate(timeout=60)

    def _read(self):
        line = self._child.stdout.readline()
        if not line:
            raise AssertionError(f"whep-viewers ended with {self._child.wait()}")
        return json.loads(line)

    def packets(self):
        """Received and lost so far, by all."""
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        return self._read()


@functools.cache
def floor():
    """Shares of a core, for one viewer of 2 Mbit/s; empty where libsrtp2's headers were missing at build time."""
    program = os.path.join(PROGRAMS, "floor")
    if not os.path.exists(program):
        return {}
    return json.loads(subprocess.run([program], capture_output=True, text=True, check=True).stdout)


def in_browser(script, *arguments):
    """The JSON that a script of this folder prints."""
    done = subprocess.run(["node", os.path.join(ROOT, "tests/bench", script), *map(str, arguments)],
                          capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
