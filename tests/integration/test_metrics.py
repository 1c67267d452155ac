"""What is seen from outside: MediaMTX's lists, events, metrics, and what is made for them."""

import glob
import json
import os
import re
import socket
import time
import unittest

from harness import PATIENCE, TestCase, wait_for

ROOT = os.environ["RILL_SOURCE_DIR"]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def metrics_in(expression):
    """The names of metrics in an expression of Prometheus."""
    return set(re.findall(r"\b(?:rill|process|paths|hls|webrtc|rtsps?)(?:_[a-z0-9_]+)?(?=[{\[ )]|$)", expression))


class Events:
    """A client of /api/v1/events."""

    def __init__(self, daemon, query=""):
        self.socket = socket.create_connection(("127.0.0.1", daemon.port), 60)
        self.socket.sendall(f"GET /api/v1/events{query} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        self.passed = []
        self.file = self.socket.makefile(encoding="utf-8", newline="\n")
        while self.file.readline().strip():
            pass
        if self.record() != {"retry": "3000"}:
            raise AssertionError("the first record is not the time to wait")

    def record(self):
        fields = {}
        while line := self.file.readline().rstrip("\n"):
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.strip()
        return fields

    def until(self, kind):
        """The first event of a kind that was not taken yet: recorders and paths tell theirs on threads of their own."""
        end = time.monotonic() + 60 * PATIENCE
        while not (found := [record for record in self.passed if record.get("event") == kind]):
            # A comment comes every 15 s.
            self.assert_in_time(end, kind)
            self.passed.append(self.record())
        self.passed.remove(found[0])
        return json.loads(found[0]["data"])

    def assert_in_time(self, end, kind):
        if time.monotonic() > end:
            raise AssertionError(f"no {kind}, but {self.passed}")

    def close(self):
        self.file.close()
        self.socket.close()


class Seen(TestCase):
    def events(self, daemon, query=""):
        events = Events(daemon, query)
        self.addCleanup(events.close)
        return events

    def test_a_viewer_is_listed_told_and_kicked(self):
        daemon = self.daemon("paths:\n  site/a: { source: 'test://', sourceOnDemand: yes }\n")
        events = self.events(daemon, "?path=site/a")
        status, _, playlist = daemon.request("GET", "/site/a/index.m3u8?token=s3cret", headers={"User-Agent": "player"})
        self.assertEqual(status, 200)
        added = events.until("readerAdded")
        self.assertEqual(added["details"]["type"], "hlsSession")
        self.assertNotIn("s3cret", json.dumps(added))

        path = daemon.json("GET", "/v3/paths/get/site/a")
        self.assertTrue(path["ready"])
        self.assertEqual(path["source"], {"type": "testSource", "id": ""})
        self.assertIn("H264", path["tracks"])
        self.assertEqual([reader["type"] for reader in path["readers"]], ["hlsSession"])
        session, = daemon.json("GET", "/v3/hlssessions/list")["items"]
        self.assertEqual((session["id"], session["path"], session["userAgent"]), (added["details"]["id"], "site/a", "player"))
        self.assertNotIn("s3cret", json.dumps(session))
        muxer, = daemon.json("GET", "/v3/hlsmuxers/list")["items"]
        self.assertEqual(muxer["path"], "site/a")
        self.assertGreater(muxer["outboundBytes"], 0)

        metrics = daemon.request("GET", f"/metrics?hls_session={session['id']}")[2].decode()
        self.assertIn(f'hls_sessions{{id="{session["id"]}",path="site/a"', metrics)
        self.assertNotIn("rill_", metrics)
        metrics = daemon.request("GET", "/metrics?path=site/a")[2].decode()
        self.assertIn('paths_readers{name="site/a",state="ready",readerType="hlsSession"} 1', metrics)
        self.assertRegex(metrics, r'rill_link_wait_seconds_bucket\{sink="hls",le="0.001"\} \d')
        self.assertRegex(metrics, r'rill_link_units_total\{path="site/a",sink="hls"\} [1-9]')

        media = next(line for line in playlist.decode().splitlines() if "session=" in line and not line.startswith("#"))
        self.assertEqual(daemon.json("POST", f"/v3/hlssessions/kick/{session['id']}"), {"status": "ok"})
        self.assertEqual(events.until("readerRemoved")["details"]["id"], session["id"])
        self.assertEqual(daemon.json("GET", "/v3/hlssessions/list")["items"], [])
        self.assertEqual(daemon.request("GET", f"/site/a/{media}")[0], 404)
        self.assertEqual(daemon.json("POST", f"/v3/hlssessions/kick/{session['id']}", expected=404)["status"], "error")

    def test_recordings_and_lost_sources_are_told(self):
        folder = self.new_folder("rill-seen-")
        camera = self.camera("a:audio=none")
        daemon = self.daemon(f"recordPath: {folder}/%path/%Y-%m-%d_%H-%M-%S-%f\n"
                             f"paths:\n  a: {{ source: '{camera.url('a')}', sourceOnDemand: yes }}\n")
        events = self.events(daemon)
        daemon.json("POST", "/api/v1/streams/a/record/start")
        self.assertEqual(events.until("pathOnline")["details"]["type"], "rtspSource")
        self.assertEqual(events.until("recordingBegun")["path"], "a")
        begun = events.until("segmentBegun")["details"]["file"]
        wait_for(lambda: os.path.exists(begun) and os.path.getsize(begun) > 100_000, "something was recorded")
        daemon.json("POST", "/api/v1/streams/a/record/stop")
        complete = events.until("segmentComplete")["details"]
        self.assertEqual(complete["file"], begun)
        self.assertGreater(complete["duration"], 0)
        self.assertEqual(events.until("recordingEnded")["path"], "a")
        daemon.json("POST", "/api/v1/streams/a/start")
        daemon.wait_status("a", "online")
        camera.stop(None)
        lost = events.until("pathOffline")
        self.assertTrue(lost["alarm"])
        self.assertTrue(lost["details"]["reason"])

    def test_what_dashboard_and_alerts_ask_for_is_there(self):
        daemon = self.daemon("paths:\n  a: { source: 'test://', sourceOnDemand: yes }\n")
        metrics = daemon.request("GET", "/metrics")[2].decode()
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", metrics, re.M))
        there = set()
        for name, kind in kinds.items():
            there |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
        asked = {}
        dashboard = json.loads(read("deploy/grafana/rill.json"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                asked.update(dict.fromkeys(metrics_in(target["expr"]), f"dashboard: {panel['title']}"))
        for variable in dashboard["templating"]["list"]:
            if "label_values" in variable["query"]:
                name = re.match(r"label_values\((\w+)", variable["query"]).group(1)
                asked[name] = f"dashboard: {variable['name']}"
        for expression in re.findall(r"^ +expr: (.*)$", read("deploy/prometheus/rill.rules.yml"), re.M):
            asked.update(dict.fromkeys(metrics_in(expression), f"alerts: {expression}"))
        self.assertGreater(len(asked), 20)
        for name, where in asked.items():
            with self.subTest(where):
                self.assertIn(name, there)

    def test_every_metric_is_documented(self):
        daemon = self.daemon("paths:\n  a: { source: 'test://', sourceOnDemand: yes }\n")
        names = re.findall(r"^# TYPE (\S+) ", daemon.request("GET", "/metrics")[2].decode(), re.M)
        self.assertEqual(len(names), len(set(names)))
        documents = read("docs/metrics.md") + "".join(read(os.path.relpath(name, ROOT))
                                                      for name in glob.glob(os.path.join(ROOT, "plugins/*/README.md")))
        for name in names:
            with self.subTest(name):
                self.assertIn(f"`{re.sub('^rtsps_', 'rtsp_', name)}`", documents)

    def test_ready(self):
        daemon = self.daemon("paths: {}\n")
        self.assertEqual(daemon.json("GET", "/ready")["status"], "ready")
        self.assertIn("version", daemon.json("GET", "/v3/info"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
