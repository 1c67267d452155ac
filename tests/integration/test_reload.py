"""The configuration changes while the daemon runs: by the file, and by SIGHUP."""

import contextlib
import glob
import http.client
import os
import signal
import socket
import threading
import unittest
import urllib.parse

from harness import TestCase, wait_for
from test_frames import Frame
from websocket import WebSocket


class Reader:
    """Raw frames of a path, read all the time. Small and gray, so that nothing is lost on the way."""

    def __init__(self, daemon, path):
        self.socket = WebSocket(daemon.port, f"/api/v1/streams/{path}/frames?format=gray&width=64&height=48")
        self.sequences = []
        self.ended = None
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        try:
            while True:
                opcode, message = self.socket.receive()
                if opcode != 2:
                    self.ended = message
                    return
                self.sequences.append(Frame(message).sequence)
        except (OSError, ValueError) as error:  # the connection is gone
            self.ended = str(error)

    def next(self, count=10):
        before = len(self.sequences)
        wait_for(lambda: self.ended is not None or len(self.sequences) >= before + count, f"{count} more frames")

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.socket.__exit__()


class Reload(TestCase):
    IN_FORCE = r"the configuration is in force; paths: {} changed, {} added, {} removed"

    def start(self, paths, text="", **arguments):
        self.cam = self.camera("a:audio=none,size=160x120", "b:audio=none,size=160x120")
        daemon = self.daemon(self.text(paths, text), **arguments)
        for name in paths:
            daemon.wait_status(name, "online")
        return daemon

    def text(self, paths, text=""):
        lines = [f"  {name}: {{ source: '{self.cam.url(name if name in 'ab' else 'b')}'{more} }}\n" for name, more in paths.items()]
        return text + "paths:\n" + "".join(lines)

    def write(self, daemon, paths, text="", file=None):
        """As an editor does: another file takes the name."""
        beside = daemon.config + ".new"
        with open(beside, "w", encoding="utf-8") as out:
            out.write("httpAddress: 127.0.0.1:0\nwebrtcLocalUDPAddress: :0\n" + self.text(paths, text))
        os.replace(beside, file or daemon.config)

    def reader(self, daemon, path):
        reader = Reader(daemon, path)
        self.addCleanup(reader.close)
        reader.next()
        return reader

    def test_only_what_changed_restarts(self):
        daemon = self.start({"a": "", "b": "", "gone": ""})
        unchanged, changed, gone = (self.reader(daemon, path) for path in ("a", "b", "gone"))
        before = daemon.stream("a")
        self.write(daemon, {"a": "", "b": ", maxReaders: 1", "new": ""})
        daemon.expect(r"reloading configuration \(file changed\)")
        daemon.expect(self.IN_FORCE.format(1, 1, 1))
        daemon.wait_status("new", "online")
        unchanged.next(50)
        self.assertIsNone(unchanged.ended)
        after = daemon.stream("a")
        self.assertEqual([after[key] for key in ("status", "since", "reconnects")], [before[key] for key in ("status", "since", "reconnects")])
        self.assertEqual(daemon.json("GET", "/api/v1/streams/a/frames/stats")["decoderStarts"], 1)
        numbers = unchanged.sequences
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "each picture came")

        wait_for(lambda: changed.ended is not None and gone.ended is not None, "readers of what changed are told")
        self.assertEqual(daemon.request("GET", "/api/v1/streams/gone")[0], 404)
        self.assertEqual([stream["id"] for stream in daemon.json("GET", "/api/v1/streams")["streams"]], ["a", "b", "new"])
        daemon.wait_status("b", "online")
        self.reader(daemon, "b")
        status, _, body = daemon.request("GET", "/api/v1/streams/b/frame")
        self.assertEqual((status, b"maxReaders" in body), (429, True), body[:200])

    def test_who_comes_meanwhile_is_served_by_the_new_path(self):
        daemon = self.start({"a": ""})
        for delay in ("11s", "12s", "13s"):
            self.write(daemon, {"a": f", sourceOnDemandCloseAfter: {delay}"})
            expected = len(daemon.lines)
            daemon.child.send_signal(signal.SIGHUP)
            wait_for(lambda at=expected: any("is in force; paths: 1 changed" in line for line in daemon.lines[at:]), "the change is in force")
            status, _, body = daemon.request("GET", "/api/v1/streams/a/frame?format=jpeg")
            self.assertEqual(status, 200, body[:300])

    def test_the_file_of_the_log_is_opened_again(self):
        folder = self.new_folder("rill-log-")
        log = os.path.join(folder, "rill.log")
        head = f"logDestinations: [stdout, file]\nlogFile: {log}\n"
        daemon = self.daemon(head + "paths: {}\n")

        def read():
            with contextlib.suppress(FileNotFoundError), open(log, encoding="utf-8") as file:
                return file.read()
            return ""

        def write(text):
            with open(daemon.config, "w", encoding="utf-8") as file:
                file.write("httpAddress: 127.0.0.1:0\nwebrtcLocalUDPAddress: :0\n" + text)
            daemon.child.send_signal(signal.SIGHUP)

        wait_for(lambda: "listening on port" in read(), "lines in the file")
        for paths, told in (("{}", "the configuration is in force"), ("{a: {source: 'gopher://x'}}", "stays in force")):
            os.rename(log, log + ".1")
            write(f"{head}paths: {paths}\n")
            wait_for(lambda what=told: what in read(), f"a new file that says: {told}")
        expected = len(daemon.lines)
        write("paths: {}\n")
        wait_for(lambda: any("is in force" in line for line in daemon.lines[expected:]), "the change is in force")
        daemon.stop()
        self.assertIn("shutting down", daemon.text())
        self.assertNotIn("shutting down", read())

    def test_a_file_with_problems_changes_nothing(self):
        daemon = self.start({"a": ""})
        reader = self.reader(daemon, "a")
        with open(daemon.config, "a", encoding="utf-8") as file:
            file.write("  b:\n    source: gopher://x\n    maxReaders: -1\n")
        daemon.expect(r"ERR .*rill.yml:6: paths.b.source: .*gopher")
        daemon.expect(r"ERR .*rill.yml:7: paths.b.maxReaders: ")
        daemon.expect(r"the one before stays in force")
        # What only a module can say.
        self.write(daemon, {"a": ", maxReaders: 5", "b": ", rtspTransport: udp"}, "hlsRenditions: [720p, 720p]\n")
        daemon.expect(r"'720p' is there twice")
        reader.next(20)
        self.assertIsNone(reader.ended)
        self.assertEqual(daemon.request("GET", "/api/v1/streams/b")[0], 404)
        self.write(daemon, {"a": "", "b": ""})
        daemon.expect(self.IN_FORCE.format(0, 1, 0))
        daemon.wait_status("b", "online")
        self.assertIsNone(reader.ended)

    def test_a_link_whose_target_changes(self):
        daemon = self.start({"a": ""})
        target = daemon.config + ".1"
        os.rename(daemon.config, target)
        os.symlink(target, daemon.config)
        daemon.expect(self.IN_FORCE.format(0, 0, 0))
        self.write(daemon, {"a": "", "b": ""}, file=daemon.config + ".2")
        beside = daemon.config + ".link"
        os.symlink(daemon.config + ".2", beside)
        os.replace(beside, daemon.config)
        daemon.expect(self.IN_FORCE.format(0, 1, 0))
        daemon.wait_status("b", "online")

    def test_controllers_and_addresses_change_under_a_viewer(self):
        daemon = self.start({"a": ""}, "playback: no\n")
        reader = self.reader(daemon, "a")
        self.assertIn(b"nothing is served", daemon.request("GET", "/list?path=a")[2])
        self.write(daemon, {"a": ""}, "metrics: no\nhlsAddress: 127.0.0.1:0\nhttpAllowOrigins: ['https://a']\n")
        daemon.expect(r"begun again or switched off: (.*, )?metrics, (.*, )?playback")
        own = int(daemon.expect(r"listening on port (\d+), for hls").group(1))
        self.assertNotIn(b"nothing is served", daemon.request("GET", "/list?path=a")[2])
        self.assertEqual(daemon.request("GET", "/metrics")[0], 404)
        _, headers, _ = daemon.request("GET", "/nothing", headers={"Origin": "https://a"})
        self.assertEqual(headers.get("access-control-allow-origin"), "https://a")
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", own, timeout=30)) as connection:
            connection.request("GET", "/a/index.m3u8")
            self.assertEqual(connection.getresponse().status, 200)

        taken = urllib.parse.urlsplit(self.cam.url("a")).netloc
        self.write(daemon, {"a": ""}, f"apiAddress: {taken}\n")
        daemon.expect(rf"ERR .*address {taken} is already in use")
        daemon.expect(r"the one before stays in force")
        self.assertEqual(daemon.request("GET", "/metrics")[0], 404)

        self.write(daemon, {"a": ""})
        wait_for(lambda: daemon.request("GET", "/metrics")[0] == 200, "metrics are back")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", own)).close()
        reader.next()
        self.assertIsNone(reader.ended)
        numbers = reader.sequences
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "each picture came")

    def test_recordings(self):
        folder = self.new_folder("rill-reload-")
        daemon = self.start({"a": "", "b": ""})
        reader = self.reader(daemon, "b")

        def record(root):
            return f", record: yes, recordPartDuration: 200ms, recordSegmentDuration: 1s, recordPath: '{folder}/{root}/%path/%s-%f'"

        def finished(root):
            return len(glob.glob(f"{folder}/{root}/a/*.mp4")) >= 2

        self.write(daemon, {"a": record("one"), "b": ""})
        wait_for(lambda: finished("one"), f"recordings in the first root\n{daemon.text()}")
        self.write(daemon, {"a": record("two"), "b": ""})
        wait_for(lambda: finished("two"), f"recordings in the second root\n{daemon.text()}")
        wait_for(lambda: daemon.json("GET", "/list?path=a"), "the new root's recordings are found")
        self.write(daemon, {"b": ""})
        daemon.expect(self.IN_FORCE.format(0, 0, 1))
        names = [recording["name"] for recording in daemon.json("GET", "/v3/recordings/list")["items"]]
        self.assertEqual(names, ["a"], "recordings outlive their path")
        roots = {storage["root"] for storage in daemon.json("GET", "/api/v1/storages")}
        self.assertLessEqual({f"{folder}/one", f"{folder}/two"}, roots)
        self.assertIsNone(reader.ended)


if __name__ == "__main__":
    unittest.main(verbosity=2)
