"""The last test: after 200 sessions of a real browser, threads and descriptors are back where they began."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration"))
from harness import Camera, Daemon, wait_for  # noqa: E402  (the path must be known first)

SESSIONS = 200

camera = Camera("a:audio=pcmu")
daemon = Daemon(f"paths:\n  a: {{ source: '{camera.url('a')}' }}\n")


def open_and_close(count):
    script = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/browser/sessions.mjs")
    subprocess.run(["node", script, f"http://127.0.0.1:{daemon.port}", "a", str(count)], check=True, timeout=500,
                   env={**os.environ, "HOME": daemon.folder.name})
    wait_for(lambda: daemon.stream("a")["readerCount"] == 0, "no reader is left", 40)


try:
    daemon.wait_status("a", "online", 30)
    open_and_close(10)  # what is made once and stays is there then
    threads, descriptors = daemon.threads(), daemon.descriptors()
    print(f"before: {threads} threads, {descriptors} descriptors", flush=True)
    open_and_close(SESSIONS)
    wait_for(lambda: daemon.threads() <= threads and daemon.descriptors() <= descriptors,
             f"threads ≤ {threads} and descriptors ≤ {descriptors}", 40)
    print(f"after:  {daemon.threads()} threads, {daemon.descriptors()} descriptors", flush=True)
    daemon.stop()
finally:
    if daemon.child.poll() is None:
        print(f"now:    {daemon.threads()} threads, {daemon.descriptors()} descriptors")
        daemon.child.kill()
    camera.stop(None)
