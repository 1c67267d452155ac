"""Figures of the daemon on this machine, as a table. Not a test: nothing here fails for being slow.

Each figure comes from a run of its own; repeat the run and compare medians before you believe a difference.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

ROOT = os.environ["RILL_SOURCE_DIR"]
sys.path.insert(0, os.path.join(ROOT, "tests/integration"))
from harness import Camera, Daemon, wait_for  # noqa: E402  (the path must be known first)

TICK = os.sysconf("SC_CLK_TCK")
ROWS = []


def row(what, value, peer=""):
    ROWS.append((what, value, peer))
    print(f"  {what:<68} {value:<28} {peer}", flush=True)


def cpu_seconds(process):
    with open(f"/proc/{process.child.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(process):
    with open(f"/proc/{process.child.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def cost(process, seconds=10.0):
    """Share of a core over some seconds."""
    before, start = cpu_seconds(process), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(process) - before) / (time.monotonic() - start)


def ingest(cameras=50):
    camera = Camera(f"cam*{cameras}:audio=none")
    idle = Daemon("paths: {}\n")
    idle_memory, idle_threads = memory(idle), idle.threads()
    idle.stop()
    daemon = Daemon("paths:\n" + "".join(f"  c{n}: {{ source: '{camera.url(f'cam{n}')}' }}\n" for n in range(1, cameras + 1)))
    wait_for(lambda: all(s["status"] == "online" for s in daemon.json("GET", "/api/v1/streams")["streams"]), "all online", 120)
    share = cost(daemon)
    row(f"{cameras} cameras over RTSP/TCP, no viewer: CPU a camera", f"{share / cameras:.2%} of a core",
        "MediaMTX 0.21 %, go2rtc 0.11 %, plain rtspsrc 0.4 %")
    row("  memory a camera", f"{(memory(daemon) - idle_memory) / cameras / 1e6:.2f} MB", "MediaMTX 0.46, go2rtc 0.24, rtspsrc 1.2")
    row("  threads a camera", f"{(daemon.threads() - idle_threads) / cameras:.1f}", "rtspsrc 4")
    daemon.stop()
    camera.stop(None)


def many_paths(paths=1000):
    daemon = Daemon("paths:\n" + "".join(f"  c{n}: {{ source: 'rtsp://127.0.0.1:1/x', sourceOnDemand: yes }}\n"
                                         for n in range(paths)))
    times = []
    for _ in range(11):
        start = time.monotonic()
        assert len(daemon.json("GET", "/api/v1/streams")["streams"]) == paths
        times.append((time.monotonic() - start) * 1000)
    row(f"{paths} on-demand paths: list by the API (median)", f"{statistics.median(times):.0f} ms", "MediaMTX 132 ms, go2rtc 16 ms")
    row("  memory of the daemon", f"{memory(daemon) / 1e6:.0f} MB", "MediaMTX 51 MB, go2rtc 20 MB")
    daemon.stop()


def whep_answer():
    camera = Camera("a:audio=pcmu")
    daemon = Daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n")
    daemon.wait_status("a", "online")
    with open(os.path.join(ROOT, "tests/integration/chromium-offer.sdp"), encoding="ascii", newline="") as file:
        offer = file.read()
    times = []
    for _ in range(21):
        start = time.monotonic()
        status, headers, body = daemon.request("POST", "/a/whep", offer, {"Content-Type": "application/sdp"})
        times.append((time.monotonic() - start) * 1000)
        assert status == 201, body
        daemon.request("DELETE", headers["location"])
    row("WHEP: answer after the offer (median, worst of 21)", f"{statistics.median(times):.0f} ms, {max(times):.0f} ms", "goal 50 ms")
    daemon.stop()
    camera.stop(None)


def outage():
    camera = Camera("a:audio=none")
    daemon = Daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n")
    daemon.wait_status("a", "online")
    times = []
    for _ in range(3):
        camera.command("refuse *")
        wait_for(lambda: daemon.stream("a")["status"] == "offline", "offline")
        time.sleep(5)
        camera.command("accept *")
        start = time.monotonic()
        before = daemon.stream("a")["tracks"][0]["units"] if daemon.stream("a")["tracks"] else 0
        wait_for(lambda: (s := daemon.stream("a"))["status"] == "online" and s["tracks"][0]["units"] > before, "online", 60)
        times.append(time.monotonic() - start)
    row("camera gone for 5 s: frames again after it listens (median of 3)", f"{statistics.median(times):.1f} s",
        "goal 2 s; go2rtc 4.4 s, MediaMTX ends the session")
    daemon.stop()
    camera.stop(None)


def first_picture():
    for gop in ("1s", "4s"):
        camera = Camera(f"a:audio=none,gop={gop}")
        daemon = Daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n")
        daemon.wait_status("a", "online")
        done = subprocess.run(["node", os.path.join(ROOT, "tests/bench/first_picture.mjs"), f"http://127.0.0.1:{daemon.port}", "a"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        times = json.loads(done.stdout)
        row(f"WHEP in Chromium: first picture, GOP {gop} (median, worst of {len(times)})",
            f"{statistics.median(times):.0f} ms, {max(times):.0f} ms",
            "MediaMTX 412-1122, go2rtc 233-1013" if gop == "1s" else "MediaMTX 397-3105, go2rtc 1024-3638")
        daemon.stop()
        camera.stop(None)


def main():
    benches = {f.__name__: f for f in (many_paths, whep_answer, first_picture, outage, ingest)}
    print(f"{os.cpu_count()} cores\n")
    for name in sys.argv[1:] or benches:
        benches[name]()


main()
