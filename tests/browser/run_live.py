"""Starts the four demo cameras and the daemon, which records one, then runs the tests against them in Chromium."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration"))
from harness import Camera, Daemon  # noqa: E402  (the path must be known first)

camera = Camera()
recordings = tempfile.TemporaryDirectory()
stays = ", alwaysAvailable: yes, alwaysAvailableTracks: [{codec: H264}, {codec: G711, sampleRate: 8000, channelCount: 1, muLaw: yes}]"
no_udp = ", webrtcLocalUDPAddress: '', webrtcLocalTCPAddress: 127.0.0.1:0"
more = {1: f", record: yes, recordPath: '{recordings.name}/%path/%s-%f'", 2: stays, 3: ", sourceOnDemand: yes", 4: no_udp}
daemon = Daemon("paths:\n" + "".join(
    f"  cam{n}: {{ source: '{camera.url(f'cam{n}')}'{more.get(n, '')} }}\n" for n in range(1, 5)))
try:
    for name in ("cam1", "cam2", "cam4"):
        daemon.wait_status(name, "online", 30)
    tests = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/browser/live.test.mjs")
    code = subprocess.run(["node", "--test", tests], check=False,
                          env={**os.environ, "RILL_URL": f"http://127.0.0.1:{daemon.port}", "HOME": daemon.folder.name,
                               "RILL_CAMERA_CONTROL": str(camera.control_port)}).returncode
    if code != 0:
        print(daemon.text())
    daemon.stop()
finally:
    camera.stop(None)
sys.exit(code)
