"""What is in a folder of recordings, as ffmpeg and the index have it. Standard library only."""

import sqlite3
import subprocess

from harness import PATIENCE


def decode(file):
    """What ffmpeg complains of while it decodes every frame."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, "-fps_mode", "passthrough", "-enc_time_base", "-1",
                           "-f", "null", "-"], capture_output=True, text=True, timeout=120 * PATIENCE, check=False)
    return done.stderr.strip() or (f"ended with {done.returncode}" if done.returncode else "")


def finished_segments(folder):
    """The index's finished segments: file → (start, duration, codecs), both times in microseconds."""
    with sqlite3.connect(f"file:{folder}/index.rill.db?mode=ro", uri=True) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'segments'").fetchone():
            return {}  # it is being made
        return {file: tuple(row) for file, *row in database.execute(
            "SELECT s.file, s.start_us, s.duration_us, c.name FROM segments s JOIN codecs c ON c.id = s.codecs WHERE finished = 1")}
