"""WebRTC sessions over HTTP, without media: opened, listed, told, ended, and requests that are wrong. What they show is tested
in Chromium (tests/browser/webrtc-rewind.test.mjs)."""

import json
import unittest

from harness import TestCase, wait_for
from offer import OFFER
from websocket import WebSocket

SESSIONS = "/api/v1/streams/site/a/sessions"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
LONG_AGO = "2001-01-01T00:00:00Z"


class Sessions(TestCase):

    def setUp(self):
        camera = self.camera("a:codec=h264,size=160x120,audio=pcmu")
        folder = self.new_folder("rill-sessions-")
        self.url = camera.url("a")
        self.config = (
            f"recordPath: {folder}/%path/%s-%f\n"
            "recordPartDuration: 200ms\n"
            "paths:\n"
            f"  site/a: {{ source: '{self.url}', record: yes }}\n"
            f"  b: {{ source: '{self.url}' }}\n"
            "  gone: { source: rtsp://127.0.0.1:1/x, record: yes }\n")
        self.rilld = self.daemon(self.config)
        self.rilld.wait_status("site/a", "online")
        self.rilld.wait_status("b", "online")

    def post(self, path, body, expected):
        return self.rilld.json("POST", path, expected, body=body if isinstance(body, str) else json.dumps(body),
                               headers={"Content-Type": "application/json"})

    def open(self, **body):
        return self.post(SESSIONS, {"sdp": OFFER, **body}, 201)

    def list(self, path=SESSIONS):
        return self.rilld.json("GET", path)["sessions"]

    def recorded(self):
        recordings = self.rilld.json("GET", "/api/v1/recordings")
        return [one for one in recordings if one["name"] == "site/a"]

    def test_open_list_tell_and_end(self):
        self.assertEqual(self.list(), [])
        body = json.dumps({"sdp": OFFER, "mode": "live"})
        status, headers, answer = self.rilld.request("POST", SESSIONS, body, {"Content-Type": "application/json"})
        self.assertEqual(status, 201, answer)
        self.assertRegex(headers["location"], f"^{SESSIONS}/{UUID}$")
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertIn("Location", headers["access-control-expose-headers"])
        opened = json.loads(answer)
        self.assertEqual(headers["location"], f"{SESSIONS}/{opened['id']}")
        self.assertEqual(opened["mode"], "live")
        self.assertRegex(opened["time"], TIME)
        self.assertIn("a=candidate:", opened["sdp"])

        listed, = self.list()
        self.assertEqual(listed["id"], opened["id"])
        self.assertEqual((listed["mode"], listed["rate"]), ("live", 1))
        self.assertRegex(listed["remoteAddress"], r"^127\.0\.0\.1:\d+$")
        self.assertRegex(listed["time"], TIME)
        self.assertIn("since", listed)
        one = self.rilld.json("GET", headers["location"])
        self.assertEqual(set(one), {"id", "remoteAddress", "mode", "time", "rate", "since"})
        mode = self.rilld.json("GET", headers["location"] + "/mode")
        self.assertEqual(set(mode), {"mode", "time", "rate"})
        self.assertEqual(self.list("/api/v1/streams/b/sessions"), [])

        self.assertEqual(self.rilld.json("DELETE", headers["location"]), {"status": "ok"})
        wait_for(lambda: self.list() == [], "the session has ended")
        self.rilld.json("GET", headers["location"], 404)
        self.rilld.json("DELETE", headers["location"], 404)

    def test_sessions_of_whep_and_of_the_websocket_are_listed_too(self):
        status, headers, _ = self.rilld.request("POST", "/site/a/whep", OFFER, {"Content-Type": "application/sdp"})
        self.assertEqual(status, 201)
        socket = WebSocket(self.rilld.port, "/ws")
        self.addCleanup(socket.__exit__)
        socket.send(json.dumps({"type": "offer", "streamId": "site/a", "sdp": OFFER}))
        answer = json.loads(socket.receive()[1])
        self.assertEqual(answer["type"], "answer")
        self.assertEqual([session["id"] for session in self.list()],
                         [headers["location"].rsplit("/", 1)[1], answer["session"]])
        # Ended over the API, its socket is told.
        self.rilld.json("DELETE", f"{SESSIONS}/{answer['session']}")
        self.assertEqual(json.loads(socket.receive()[1])["type"], "closed")
        self.assertEqual(len(self.list()), 1)

    def test_dvr(self):
        wait_for(self.recorded, "something was recorded")
        span = self.rilld.json("GET", "/api/v1/recordings/site/a")["spans"][0]
        # Before the first recording: at its beginning.
        opened = self.open(mode="dvr", start=LONG_AGO)
        self.assertEqual(opened["mode"], "dvr")
        self.assertEqual(opened["time"], span["start"])
        self.assertEqual(self.rilld.json("GET", f"{SESSIONS}/{opened['id']}/mode"),
                         {"mode": "dvr", "time": span["start"], "rate": 1})
        # Within it.
        wait_for(lambda: self.rilld.json("GET", "/api/v1/recordings/site/a")["spans"][0]["duration"] > 2, "two seconds")
        opened = self.open(mode="dvr", start=1)
        self.assertEqual(opened["mode"], "dvr")
        # After it, with a camera that runs: live.
        self.assertEqual(self.open(mode="dvr", start="2100-01-01T00:00:00Z")["mode"], "live")
        # Nothing is recorded of a path that runs: live; of one that does not: 404, with what lies around.
        self.assertEqual(self.post("/api/v1/streams/b/sessions", {"sdp": OFFER, "mode": "dvr", "start": 5}, 201)["mode"], "live")
        refused = self.post("/api/v1/streams/gone/sessions", {"sdp": OFFER, "mode": "dvr", "start": 5}, 404)
        self.assertEqual((refused["before"], refused["after"]), (None, None))

    def test_recordings_of_a_camera_that_is_down(self):
        wait_for(self.recorded, "something was recorded")
        start = self.rilld.json("GET", "/api/v1/recordings/site/a")["spans"][0]["start"]
        self.rilld.stop()
        # Never online since the start: what is recorded says which codecs there are.
        rilld = self.daemon(self.config.replace(self.url, "rtsp://127.0.0.1:1/x"))
        rilld.wait_status("site/a", "offline")
        self.rilld = rilld
        opened = self.open(mode="dvr", start=LONG_AGO)
        self.assertEqual((opened["mode"], opened["time"]), ("dvr", start))
        self.assertIn("H264/90000", opened["sdp"])
        # The camera's G.711 was recorded as AAC, which is heard as Opus.
        self.assertIn("OPUS/48000", opened["sdp"])
        self.assertEqual([session["id"] for session in self.list()], [opened["id"]])
        self.assertEqual(rilld.stream("site/a")["status"], "offline")
        # There is nothing live to begin with, and nothing is recorded after the end.
        self.post(SESSIONS, {"sdp": OFFER}, 404)
        self.post(SESSIONS, {"sdp": OFFER, "mode": "dvr", "start": "2100-01-01T00:00:00Z"}, 404)
        rilld.json("POST", "/api/v1/streams/site/a/stop")
        wait_for(lambda: self.list() == [], "the session ends with its path")
        self.assertIn("stopped", self.post(SESSIONS, {"sdp": OFFER, "mode": "dvr", "start": start}, 404)["error"])

    def test_commands_before_the_viewer_is_connected(self):
        session = f"{SESSIONS}/{self.open()['id']}"
        for verb, body in (("seek", {"time": 5}), ("speed", {"rate": 2}), ("step", {"frames": 1}), ("live", {})):
            with self.subTest(verb):
                self.assertIn("connected", self.post(f"{session}/{verb}", body, 503)["error"])

    def test_what_is_wrong(self):
        session = f"{SESSIONS}/{self.open()['id']}"
        for what, path, body, expected in (
                ("no JSON", SESSIONS, "{", 400), ("no offer", SESSIONS, {}, 400), ("a broken offer", SESSIONS, {"sdp": "x"}, 400),
                ("unknown mode", SESSIONS, {"sdp": OFFER, "mode": "later"}, 400),
                ("a mode that is no text", SESSIONS, {"sdp": OFFER, "mode": 7}, 400),
                ("dvr without a start", SESSIONS, {"sdp": OFFER, "mode": "dvr"}, 400),
                ("start in the future", SESSIONS, {"sdp": OFFER, "mode": "dvr", "start": -1}, 400),
                ("no common codec", SESSIONS, {"sdp": OFFER.replace("H264/90000", "AV1/90000").replace("VP8/90000", "AV1/90000").replace("VP9/90000", "AV1/90000").replace("PCMU/8000", "G722/8000").replace("opus/", "G722/")}, 406),
                ("a height beyond all", SESSIONS, {"sdp": OFFER, "maxHeight": 100000}, 400),
                ("unknown path", "/api/v1/streams/none/sessions", {"sdp": OFFER}, 404),
                ("offline path", "/api/v1/streams/gone/sessions", {"sdp": OFFER}, 404),
                ("unknown session", f"{SESSIONS}/00000000-0000-4000-8000-000000000000/live", {}, 404),
                ("another path's session", session.replace("site/a", "b") + "/live", {}, 404),
                ("unknown verb", f"{session}/jump", {}, 404),
                ("no time", f"{session}/seek", {}, 400), ("negative time", f"{session}/seek", {"time": -5}, 400),
                ("no such time", f"{session}/seek", {"time": "soon"}, 400),
                ("too fast", f"{session}/speed", {"rate": 65}, 400), ("too slow", f"{session}/speed", {"rate": 0.1}, 400),
                ("no number", f"{session}/speed", {"rate": "fast"}, 400), ("two steps", f"{session}/step", {"frames": 2}, 400),
                ("no JSON for a command", f"{session}/seek", "time=5", 400)):
            with self.subTest(what):
                refused = self.post(path, body, expected)
                self.assertEqual(refused["status"], "error")
                self.assertTrue(refused["error"])
        for method, path, allowed in (("PUT", SESSIONS, "GET, POST"), ("POST", session, "GET, DELETE"),
                                      ("GET", f"{session}/seek", "POST"), ("POST", f"{session}/mode", "GET")):
            with self.subTest(method=method, path=path):
                status, headers, _ = self.rilld.request(method, path)
                self.assertEqual((status, headers["allow"]), (405, allowed))
        self.rilld.json("GET", "/api/v1/streams/none/sessions", 404)
        status, headers, _ = self.rilld.request("OPTIONS", SESSIONS)
        self.assertEqual(status, 204)
        self.assertIn("POST", headers["access-control-allow-methods"])
        # After all that there is one session, and the path goes on.
        self.assertEqual(len(self.list()), 1)
        self.assert_flows(self.rilld, "site/a")

    def test_the_path_stops(self):
        session = f"{SESSIONS}/{self.open()['id']}"
        self.rilld.json("POST", "/api/v1/streams/site/a/stop")
        wait_for(lambda: self.list() == [], "the session ends with its path")
        self.rilld.json("GET", session, 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
