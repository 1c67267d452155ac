"""What raw frames cost and how late they are, beside ffmpeg that decodes the same camera once and ten times."""

import contextlib
import json
import os
import subprocess
import sys

from processes import ROOT, cost, cpu_share, memory, settled, watched
from table import percentile, row

CAMERA = "a:codec=h264,size=1280x720,fps=30,audio=none"
RAW = "format=bgr&width=640&height=480"


@contextlib.contextmanager
def clients(port, count, seconds):
    """Each a process of its own; all are receiving inside. The list that is given is filled with what they print."""
    command = [sys.executable, os.path.join(ROOT, "tests/bench/frames_client.py"), str(port), f"/api/v1/streams/a/frames?{RAW}", str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for one in running:
        assert one.stdout.readline() == "ready\n", "a client could not begin"
    results = []
    yield results
    results += [json.loads(one.communicate(timeout=seconds + 30)[0]) for one in running]


def ffmpeg_share(url, count, seconds):
    """Cores of `count` ffmpegs that make the same frames, and their resident memory."""
    command = ["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-t", str(seconds), "-vf", "scale=640:480", "-pix_fmt", "bgr24",
               "-f", "rawvideo", "/dev/null", "-y"]
    spent, resident = cost(command, count, longest=seconds * 6)
    return spent / seconds, resident


def frames(seconds=10):
    with watched(CAMERA) as (camera, daemon, _):
        settled(daemon)
        stats = daemon.json("GET", "/api/v1/streams/a/frames/stats")
        idle = memory(daemon)
        row("nobody asks: decoders", str(stats["decoders"]), goal="0")
        for count in (1, 10):
            with clients(daemon.port, count, seconds) as results:
                share = cpu_share(daemon, seconds * 0.8)
                stats = daemon.json("GET", "/api/v1/streams/a/frames/stats")
                grown = memory(daemon) - idle
            ages = [age for result in results for age in result["ages"]]
            beside, resident = ffmpeg_share(camera.url("a"), count, seconds)
            row(f"{count} WebSockets of 640x480 BGR, 30 a second, of 720p: CPU; memory", f"{share:.2f} cores; {grown / 1e6:.0f} MB",
                floor=f"{count} ffmpeg {beside:.2f} cores; {resident / 1e6:.0f} MB")
            row("  decoders; conversions a picture", f"{stats['decoders']}; {stats['converted'] / stats['decoded']:.2f}", goal="1; 1")
            row("  frames a client and second; lost",
                f"{len(ages) / count / seconds:.1f}; {sum(result['lost'] for result in results)}", goal="30; 0")
            row("  capture to client (p50, p95)", f"{percentile(ages, 0.5):.0f}, {percentile(ages, 0.95):.0f} ms", goal="p95 60 ms")
