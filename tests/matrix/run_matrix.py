"""What each camera's codec becomes at each viewer: Chromium over WebRTC and HLS, a client with Firefox's and Safari's offers, a recording,
raw frames. Every cell has the camera's picture and sound. Prints the matrix. With names: only those cameras."""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ["RILL_SOURCE_DIR"]
sys.path.insert(0, os.path.join(ROOT, "tests/integration"))
import numpy  # noqa: E402  (Debian's, for Debian's Python)
from harness import BUILD, PATIENCE, Camera, Daemon  # noqa: E402  (the path must be known first)
from pictures import RAW, Reference, luma, lumas_of_i420, lumas_of_rgb, tones  # noqa: E402
from sources import SOURCES, camera_arguments  # noqa: E402

PLAYER = os.path.join(BUILD, "tests/player/offer-player")
# What is decoded of the camera's own stream is what ffmpeg decodes of it; what was encoded anew at the default bitrate looks like it.
OWN, ENCODED = 45.0, 26.0
VIEWERS = ["Chromium WebRTC", "Chromium HLS", "Firefox's offer", "Safari's offer", "recording", "frames"]


class Cells:
    """The matrix as it fills."""

    def __init__(self, sources):
        self._sources = sources
        self._texts = {}
        self.failures = []

    def fill(self, source, viewer, measure):
        """`measure` returns the cell's text, or raises."""
        try:
            self._texts[source.name, viewer] = measure()
        except Exception as error:  # noqa: BLE001  (one cell must not hide the others)
            self._texts[source.name, viewer] = "FAILED"
            self.failures.append(f"{source.title} at {viewer}: {type(error).__name__}: {error}")

    def table(self):
        lines = ["| camera | " + " | ".join(VIEWERS) + " |", "|---" * (len(VIEWERS) + 1) + "|"]
        for source in self._sources:
            cells = [self._texts.get((source.name, viewer), "-") for viewer in VIEWERS]
            lines.append(f"| {source.title} | " + " | ".join(cells) + " |")
        return "\n".join(lines)


class Matrix:
    def __init__(self, sources, daemon, folder, references):
        self._sources, self._daemon, self._folder, self._references = sources, daemon, folder, references
        self.cells = Cells(sources)

    def compare(self, source, pictures, least):
        """The cell's text."""
        found = self._references[source.name].compare(pictures, is_own=least == OWN)
        if found < least:
            raise AssertionError(f"{found:.1f} dB beside ffmpeg's decode, {least:.0f} are the least")
        return "same" if found >= 99 else f"{found:.0f} dB"

    def chromium(self):
        names = [source.name + ("=sound" if source.sound else "") for source in self._sources]
        script = os.path.join(ROOT, "tests/matrix/chromium.mjs")
        node = subprocess.Popen(["node", script, f"http://127.0.0.1:{self._daemon.port}/", self._folder, *names], stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "HOME": self._folder, "RILL_PATIENCE": str(PATIENCE)})
        played = [json.loads(line) for line in node.stdout]
        if node.wait() != 0:
            raise AssertionError(f"chromium.mjs ended with {node.returncode}")
        return played

    def judge_chromium(self, played):
        titles = {"webrtc": "Chromium WebRTC", "hls": "Chromium HLS"}
        sources = {source.name: source for source in self._sources}
        for each in played:
            self.cells.fill(sources[each["name"]], titles[each["protocol"]], lambda each=each: self.shown(sources[each["name"]], each))

    def shown(self, source, each):
        if each["error"]:
            raise AssertionError(each["error"])
        pictures = []
        for picture in each["shown"]:
            with open(picture["file"], "rb") as file:
                pixels = numpy.frombuffer(file.read(), numpy.uint8).reshape(picture["height"], picture["width"], 4)
            pictures.append(luma(pixels[:, :, :3]))
        return self.compare(source, pictures, ENCODED) + (", sound" if source.sound else "")

    def frames(self, source):
        pictures = []
        after = ""
        for _ in range(5):
            status, headers, body = self._daemon.request("GET", f"/api/v1/streams/{source.name}/frame?format=rgb{after}")
            if status != 200:
                raise AssertionError(f"{status}: {body!r}")
            after = f"&after={headers['x-rill-sequence']}"
            pictures.extend(lumas_of_rgb(body, (int(headers["x-rill-width"]), int(headers["x-rill-height"]))))
        return self.compare(source, pictures, OWN)

    def recording(self, source):
        folder = os.path.join(self._folder, "recordings", source.name)
        file = max((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getsize)
        decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", file, *RAW, "pipe:1"], capture_output=True, check=True)
        if decoded.stderr:
            raise AssertionError(decoded.stderr.decode())
        text = self.compare(source, lumas_of_rgb(decoded.stdout, source.size)[:30], OWN)
        if not source.sound:
            return text
        rate = 8000
        sound = subprocess.run(["ffmpeg", "-v", "error", "-i", file, "-map", "0:a", "-ac", "1", "-ar", str(rate), "-f", "s16le", "pipe:1"],
                               capture_output=True, check=True)
        share = tones(numpy.frombuffer(sound.stdout, numpy.int16).astype(float), rate)
        if share < 0.9:
            raise AssertionError(f"{share:.0%} of the sound is the camera's")
        return text + ", sound"

    def offer(self, source, browser):
        """A client that sends what this browser sent, and decodes what it gets."""
        raw = os.path.join(self._folder, f"{source.name}-{browser}.i420")
        played = subprocess.run([PLAYER, "--frames", "10", "--seconds", str(20 * PATIENCE), "--raw", raw, os.path.join(ROOT, f"tests/integration/{browser}-offer.sdp"),
                                 f"http://127.0.0.1:{self._daemon.port}/{source.name}/whep"], capture_output=True, text=True, check=False)
        if played.returncode != 0:
            raise AssertionError(f"offer-player ended with {played.returncode}: {played.stdout}{played.stderr}")
        heard = json.loads(played.stdout).get("audio", {}).get("loudest", 0)
        if source.sound and heard < 0.03:  # the soft tone is 0.06
            raise AssertionError(f"no sound: {played.stdout}")
        with open(raw, "rb") as file:
            return self.compare(source, lumas_of_i420(file.read(), source.size)[:10], ENCODED) + (", sound" if source.sound else "")


def configuration(camera, sources, folder):
    paths = "".join(f"  {source.name}: {{ source: '{camera.url(source.name)}' }}\n" for source in sources)
    return (f"maxTranscodes: 64\npathDefaults:\n  record: yes\n  recordPath: '{folder}/recordings/%path/%s-%f'\npaths:\n{paths}")


def run(names):
    sources = [source for source in SOURCES if not names or source.name in names]
    with tempfile.TemporaryDirectory(prefix="rill-matrix-") as folder:
        camera = Camera(*camera_arguments(sources))
        daemon = Daemon(configuration(camera, sources, folder))
        references = {source.name: Reference(camera.url(source.name), source.size, 12, os.path.join(folder, f"{source.name}.raw")) for source in sources}
        try:
            matrix = Matrix(sources, daemon, folder, references)
            for source in sources:
                daemon.wait_status(source.name, "online", 30)
            played = matrix.chromium()
            for reference in references.values():
                reference.finish()
            matrix.judge_chromium(played)
            for source in sources:
                matrix.cells.fill(source, "frames", lambda source=source: matrix.frames(source))
                for browser in ("firefox", "safari"):
                    matrix.cells.fill(source, f"{browser.title()}'s offer", lambda source=source, browser=browser: matrix.offer(source, browser))
            daemon.stop()
            for source in sources:
                matrix.cells.fill(source, "recording", lambda source=source: matrix.recording(source))
        finally:
            for reference in references.values():
                reference.stop()
            if daemon.child.returncode is None:
                print(daemon.text())
                daemon.stop(None)
            camera.stop(None)
    print(matrix.cells.table())
    for failure in matrix.cells.failures:
        print(failure)
    return 1 if matrix.cells.failures else 0


sys.exit(run(sys.argv[1:]))
