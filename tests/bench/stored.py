"""What recordings cost to look up and to give out: programs of their own, which print what they found."""

import os
import subprocess
import tempfile

from processes import PROGRAMS


def program(name, *arguments, seconds=900):
    """Runs one of tests/bench in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as folder:
        file = os.path.join(PROGRAMS, name)
        given = [folder if argument is None else argument for argument in arguments]
        done = subprocess.run([file, *given], timeout=seconds, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr.strip()}"
        print("\n".join("  " + line for line in done.stdout.splitlines() if not line.startswith("day ")), flush=True)


def index():
    """A month of fifty cameras in segments of 10 s: 13 million rows, 4 GB for a while, three minutes."""
    program("index-bench", None)


def playlist():
    """The HLS playlist of a day."""
    program("listing-bench", None)


def playback():
    """/get of an hour."""
    program("playback-bench", "1")


def preview():
    """Pictures for the timeline."""
    program("preview-bench")
