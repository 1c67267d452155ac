"""Records cameras of three kinds, then runs the tests of rewinding in Chromium.

- clock: paints the wall clock, with a gap; for WebRTC
- size: changes its size; for HLS
- a and b: for the pages' timelines, and with sound that is recorded as AAC
- 7: clock once more, added by a client of the DVR server
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import time

TESTS = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests")
sys.path.insert(0, os.path.join(TESTS, "integration"))
from harness import Camera, Daemon, wait_for  # noqa: E402  (the path must be known first)

SECONDS_OF_GAP = 4
PATHS = ("clock", "size", "a", "b")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def spans(daemon, path, since=""):
    """How long each recorded span is, in seconds; the last one grows."""
    status, _, _ = daemon.request("GET", url := f"/api/v1/recordings/{path}" + (f"?start={since}" if since else ""))
    return [span["duration"] for span in daemon.json("GET", url)["spans"]] if status == 200 else []


def record(camera, daemon):
    for path in PATHS:
        daemon.wait_status(path, "online", 30)
    begin = now()
    daemon.json("POST", "/streams", 201, headers={"Content-Type": "application/json"},
                body=json.dumps({"source_id": 7, "rtsp_url": camera.url("clock"), "should_record": True}))
    wait_for(lambda: all(sum(spans(daemon, path)) >= 8 for path in PATHS), "all are recorded", 60)
    camera.command("resolution size 640x360")
    changed = now()
    gap = len(spans(daemon, "clock"))
    camera.command("refuse clock")
    camera.command("drop clock")
    over = time.monotonic() + SECONDS_OF_GAP
    wait_for(lambda: time.monotonic() > over and daemon.stream("clock")["status"] != "online", "the camera is away", 60)
    camera.command("accept clock")
    wait_for(lambda: len(spans(daemon, "clock")) > gap and spans(daemon, "clock")[-1] >= 32, "what follows the gap", 90)
    wait_for(lambda: sum(spans(daemon, "size", changed)) >= 10, "the other size is recorded", 60)
    wait_for(lambda: max(spans(daemon, "7")[-1:], default=0) >= 25, "the DVR server's own is recorded", 60)
    return {"RILL_BEGIN": begin, "RILL_END": now()}


def run(name, daemon, times):
    environment = {**os.environ, **times, "RILL_URL": f"http://127.0.0.1:{daemon.port}/", "HOME": daemon.folder.name}
    return subprocess.run(["node", "--test", f"{TESTS}/browser/{name}.test.mjs"], check=False, env=environment).returncode


camera = Camera("clock:clock=yes,size=640x360,gop=2s,audio=opus", "size:audio=none,gop=1s", "a:audio=pcmu,gop=1s",
                "b:audio=aac,gop=1s")
with tempfile.TemporaryDirectory() as folder:
    options = {"clock": "recordSegmentDuration: 5s",
               "size": "recordSegmentDuration: 5s, recordPartDuration: 200ms, hlsRewindWindow: 1h"}
    daemon = Daemon(f"dialects: yes\npathDefaults: {{ record: yes, recordPath: '{folder}/%path/%s-%f' }}\npaths:\n" + "".join(
        f"  {name}: {{ source: '{camera.url(name)}', {options.get(name, '')} }}\n" for name in PATHS))
    try:
        times = record(camera, daemon)
        # The pages rewind furthest: the more there is by then.
        failed = [name for name in ("webrtc-rewind", "dvr-server", "hls-rewind", "dvr-live") if run(name, daemon, times) != 0]
        if failed:
            print(daemon.text())
        daemon.stop()
    finally:
        camera.stop(None)
sys.exit(bool(failed))
