"""A camera and a path for each codec that its picture may be made in, then the tests of them in Chromium."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration"))
from harness import Camera, Daemon  # noqa: E402  (the path must be known first)

CODECS = ("vp8", "vp9")
camera = Camera("cam:codec=h265,size=640x360,audio=aac")
daemon = Daemon("paths:\n" + "".join(f"  {codec}: {{ source: '{camera.url('cam')}', webrtcTranscodeTo: {codec} }}\n" for codec in CODECS))
try:
    for name in CODECS:
        daemon.wait_status(name, "online", 30)
    tests = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/browser/codecs.test.mjs")
    code = subprocess.run(["node", "--test", tests], check=False,
                          env={**os.environ, "RILL_URL": f"http://127.0.0.1:{daemon.port}", "HOME": daemon.folder.name}).returncode
    if code != 0:
        print(daemon.text())
    daemon.stop()
finally:
    camera.stop(None)
sys.exit(code)
