"""Hooks and webhooks: what the daemon runs and tells when something happens."""

import hashlib
import hmac
import http.server
import json
import os
import threading
import unittest

from harness import TestCase, wait_for
from test_reload import Reader

SECRET = "a secret of the test"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is genuine. The first one of all is not taken, as if the receiver had just been restarted."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        with self.server.lock:
            first = not self.server.seen
            self.server.seen.append(self.headers["X-Rill-Event"])
            if not first and hmac.compare_digest(expected, self.headers["X-Rill-Signature"]):
                self.server.events.append(json.loads(body))
        self.send_response(503 if first else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class HooksTest(TestCase):
    def setUp(self):
        self.folder = self.new_folder("rill-hooks-")

    def script(self, name, text):
        """A program that leaves its variables in a file of its name, and then does what the text says."""
        path = os.path.join(self.folder, name + ".sh")
        out = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            # One line a run, there or not there.
            file.write(f'#!/bin/sh\necho "$(env | grep -E "^MTX_" | sort | tr "\\n" " ")" "$@" >> {out}\n{text}\n')
        os.chmod(path, 0o700)
        return path

    def runs(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    def wait_runs(self, name, count):
        return wait_for(lambda: len(self.runs(name)) >= count and self.runs(name), f"{count} runs of {name}")

    def test_hooks_of_a_path(self):
        stay = 'trap "echo ended >> $0.end; exit" INT; while :; do sleep 0.05; done'
        config = f"""
pathDefaults: {{sourceOnDemand: yes, sourceOnDemandCloseAfter: 1s}}
paths:
  cam:
    source: "test://?size=160x120&fps=10"
    runOnInit: {self.script('init', stay)} --path $MTX_PATH
    runOnReady: {self.script('ready', stay)}
    runOnNotReady: {self.script('unready', '')}
    runOnOnline: {self.script('online', stay)}
    runOnOffline: {self.script('offline', '')}
    runOnRead: {self.script('read', stay)}
    runOnUnread: {self.script('unread', '')}
"""
        daemon = self.daemon(config)
        daemon.expect(r"older names, which still count: runOnNotReady \(runOnUnavailable\), runOnReady \(runOnAvailable\)")
        self.assertIn("--path cam", self.wait_runs("init", 1)[0])
        self.assertEqual(self.runs("ready"), [])
        status, _, _ = daemon.request("GET", "/cam/index.m3u8?a=b%20c;touch%20x")
        self.assertEqual(status, 200)
        self.assertIn("MTX_PATH=cam", self.wait_runs("ready", 1)[0])
        self.wait_runs("online", 1)
        read = self.wait_runs("read", 1)[0]
        self.assertIn("MTX_READER_TYPE=hlsSession", read)
        # Encoded once more: nothing in it means anything to a shell.
        self.assertIn("MTX_QUERY=a%3Db%2520c%3Btouch%2520x", read)
        reader = daemon.json("GET", "/api/v1/streams")["streams"][0]["readers"][0]["id"]
        self.assertIn(f"MTX_READER_ID={reader}", read)
        daemon.json("POST", "/api/v1/streams/cam/stop")
        for name in ("unread", "unready", "offline"):
            self.assertIn("MTX_PATH=cam", self.wait_runs(name, 1)[0])
        for name in ("read", "ready", "online"):
            self.assertEqual(self.runs(name + ".sh.end"), ["ended"], name)
        self.assertEqual(self.runs("init.sh.end"), [])
        # A path that is changed ends what it runs.
        with open(daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace("--path", "--name"))
        self.assertIn("--name cam", self.wait_runs("init", 2)[1])
        self.wait_runs("init.sh.end", 1)
        # And so does the daemon, which leaves nobody behind.
        daemon.stop()
        self.assertEqual(len(self.runs("init.sh.end")), 2)

    def test_hooks_of_a_path_by_an_expression(self):
        stay = 'echo "group $G1"; trap "echo ended >> $0.end; exit" INT; while :; do sleep 0.05; done'
        daemon = self.daemon(f"""
pathDefaults: {{sourceOnDemand: yes, sourceOnDemandCloseAfter: 100ms}}
paths:
  ~^live/([a-z]+)$:
    source: "test://?size=160x120&fps=10"
    runOnInit: {self.script('init', stay)} $G1
    runOnReady: {self.script('ready', stay)} --is $G1-up
    runOnNotReady: {self.script('unready', '')} $G1
    runOnRead: {self.script('read', stay)}
    runOnUnread: {self.script('unread', '')} ${{G1}}
""")
        reader = Reader(daemon, "live/door")
        self.addCleanup(reader.close)
        reader.next()
        self.assertRegex(self.wait_runs("init", 1)[0], "MTX_PATH=live/door .*door$")
        daemon.expect(r"\[path live/door\] \[runOnInit\] group door")
        self.assertRegex(self.wait_runs("ready", 1)[0], "--is door-up$")
        self.wait_runs("read", 1)
        # Another command: it begins anew, with what is the case; the others go on, and the viewer notices nothing.
        with open(daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace("-up", "-here"))
        daemon.expect("paths of which only the hooks changed: 1")
        self.assertRegex(self.wait_runs("ready", 2)[1], "--is door-here$")
        self.assertEqual(len(self.runs("unready")), 1)
        reader.next()
        self.assertIsNone(reader.ended)
        self.assertEqual(self.runs("unread"), [])
        # Nobody watches any more: the path goes, and so do its hooks.
        reader.close()
        self.wait_runs("unready", 2)
        self.assertRegex(self.wait_runs("unread", 1)[0], "door$")
        wait_for(lambda: len(self.runs("init.sh.end")) == 1, "the end of what runs as long as the path is there", 30)
        self.assertEqual([len(self.runs(name)) for name in ("init", "read")], [1, 1])
        daemon.stop()

    def test_recordings_and_webhooks(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.lock, server.seen, server.events = threading.Lock(), [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        daemon = self.daemon(f"""
webhooks:
  - url: http://hook:password@127.0.0.1:{server.server_port}/rill
    secret: {SECRET}
    events: [pathOnline, segmentComplete]
paths:
  cam:
    source: "test://?size=160x120&fps=10"
    record: yes
    recordPath: {self.folder}/recordings/%path/%Y-%m-%d_%H-%M-%S-%f
    recordSegmentDuration: 1s
    runOnRecordSegmentCreate: {self.script('created', '')} $MTX_SEGMENT_PATH
    runOnRecordSegmentComplete: {self.script('complete', 'test -s "$MTX_SEGMENT_PATH" && echo whole')}
""")
        daemon.expect(r"\[path cam\] \[runOnRecordSegmentComplete\] whole")
        complete = self.wait_runs("complete", 1)[0]
        self.assertRegex(complete, r"MTX_SEGMENT_DURATION=[12]\.\d+")
        self.assertIn(f"MTX_SEGMENT_PATH={self.folder}/recordings/cam/", complete)
        self.wait_runs("created", 1)
        wait_for(lambda: len(server.events) >= 2, "two events at the webhook")
        self.assertEqual([event["event"] for event in server.events[:2]], ["pathOnline", "segmentComplete"])
        self.assertEqual(server.seen[:2], ["pathOnline", "pathOnline"])
        details = server.events[1]["details"]
        self.assertTrue(os.path.getsize(details["file"]))
        metrics = daemon.request("GET", "/metrics")[2].decode()
        self.assertRegex(metrics, r'rill_webhook_delivered_total\{webhook="0",host="127\.0\.0\.1"\} [1-9]')
        self.assertIn('rill_webhook_failed_attempts_total{webhook="0",host="127.0.0.1"} 1\n', metrics)
        self.assertNotIn(f":{server.server_port}", metrics)
        before = len(self.runs("complete"))
        daemon.stop()
        # The last file is complete when the daemon has ended, and somebody was told.
        files = sorted(os.listdir(f"{self.folder}/recordings/cam"))
        self.assertGreater(len(self.runs("complete")), before)
        self.assertEqual(len(self.runs("complete")), len(files))
        self.assertNotIn("password", daemon.text())
        self.assertNotIn(SECRET, daemon.text())

    def test_what_cannot_be_run(self):
        daemon = self.daemon("""
paths:
  cam:
    source: "test://?size=160x120&fps=10"
    runOnInit: /nowhere/at/all
""")
        daemon.expect(r"\[path cam\].*runOnInit.*cannot be started: No such file or directory")
        daemon.wait_status("cam", "online")
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
