"""Recording on request: from before the request on, for a time, of paths that do not record otherwise."""

import datetime
import glob
import time
import unittest
import urllib.parse

from harness import TestCase, wait_for
from recorded_files import decode, finished_segments


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class OnRequest(TestCase):
    def setUp(self):
        self.folder = self.new_folder("rill-request-")
        self.source = self.camera("a:audio=aac,gop=1s", "g:audio=pcmu,gop=1s,size=160x120")

    def start(self, camera="a", **options):
        options = {"recordPath": f"{self.folder}/%path/%s-%f", "recordPartDuration": "500ms", **options}
        self.api = self.daemon("paths:\n  a:\n    source: '" + self.source.url(camera) + "'\n" +
                               "".join(f"    {key}: {value}\n" for key, value in options.items()))

    def call(self, verb="", method="POST", expected=200, **query):
        url = "/api/v1/streams/a/record" + (f"/{verb}" if verb else "")
        return self.api.json(method, url + ("?" + urllib.parse.urlencode(query) if query else ""), expected)

    def state(self):
        return self.call(method="GET")

    def spans(self):
        answer = self.api.json("GET", "/api/v1/recordings/a")
        return [(parse(span["start"]), parse(span["end"])) for span in answer["spans"]]

    def files(self):
        return sorted(glob.glob(f"{self.folder}/a/*.mp4"))

    def assert_files_decode(self):
        files = self.files()
        self.assertTrue(files)
        for file in files:
            self.assertEqual(decode(file), "", file)

    def wait_past(self, seconds):
        """Until the camera has sent so much."""
        self.api.wait_status("a", "online")
        frames = self.frames(self.api, "a")
        wait_for(lambda: self.frames(self.api, "a") >= frames + 25 * seconds, f"{seconds} s of the camera", seconds + 20)

    def test_an_event_begins_before_its_request(self):
        self.start(recordPreRoll="4s")
        self.wait_past(6)
        self.assertEqual(self.state(), {"recording": False, "reason": None, "from": None, "until": None, "failure": None})
        self.assertEqual([sink["id"] for sink in self.api.stream("a")["sinks"] if sink["id"] == "record"], [])
        asked = time.time()
        started = self.call("start", preroll="3s", duration="3s")
        self.assertEqual((started["recording"], started["reason"], started["failure"]), (True, "request", None))
        # The keyframe at or before that moment, and a camera's way to here.
        self.assertLess(parse(started["from"]), asked - 2.5)
        self.assertGreater(parse(started["from"]), asked - 5.5)
        self.assertAlmostEqual(parse(started["until"]), asked + 3, delta=1)
        wait_for(lambda: not self.state()["recording"], "the end of the event")
        (start, end), = wait_for(self.spans, "what was recorded")
        self.assertAlmostEqual(start, parse(started["from"]), delta=0.001)
        self.assertGreater(end, parse(started["until"]) - 1.2)
        self.assertEqual(self.api.stream("a")["status"], "online")
        self.api.stop()
        self.assert_files_decode()

    def test_sound_that_becomes_aac_is_the_camera_s_own_before_the_request(self):
        self.start("g", recordPreRoll="4s")
        self.wait_past(4)
        self.call("start", preroll="3s", duration="4s")
        wait_for(lambda: not self.state()["recording"], "the end of the event")
        (_, end), (start, _) = wait_for(lambda: (spans := self.spans()) and len(spans) == 2 and spans, "what was recorded")
        self.assertAlmostEqual(start, end, delta=0.001)
        self.api.stop()
        self.assert_files_decode()
        codecs = [row[2] for _, row in sorted(finished_segments(self.folder).items())]
        self.assertEqual([text.split(",")[1] for text in codecs], ["ulaw", "mp4a.40.2"])

    def test_without_a_past_it_begins_with_the_last_keyframe(self):
        self.start()
        self.wait_past(3)
        asked = time.time()
        started = self.call("start", preroll="10s")
        self.assertIsNone(started["until"])
        self.assertLessEqual(parse(started["from"]), asked)
        self.assertGreater(parse(started["from"]), asked - 2.5)
        self.assertIsNone(self.call("start", duration="1s")["until"])
        wait_for(self.files, "a file")
        self.assertEqual(self.call("stop")["recording"], False)
        self.assertEqual(self.call("stop")["recording"], False)
        self.api.stop()
        self.assert_files_decode()

    def test_an_on_demand_path_is_held(self):
        self.start(sourceOnDemand="yes", sourceOnDemandCloseAfter="0s", recordPreRoll="5s")
        self.assertEqual(self.api.stream("a")["status"], "stopped")
        started = self.call("start", duration="6s")
        self.assertEqual((started["recording"], started["from"]), (True, None))
        self.api.wait_status("a", "online")
        later = self.call("start", duration="8s")
        self.assertGreater(parse(later["until"]), parse(started["until"]))
        self.assertIsNotNone(wait_for(lambda: self.state()["from"], "it begins"))
        # The camera is lost and comes back meanwhile.
        wait_for(self.files, "a file")
        self.source.command("drop a")
        wait_for(lambda: self.api.stream("a")["reconnects"] >= 1, "the camera is lost", 30)
        self.assertEqual(self.state()["recording"], True)
        wait_for(lambda: not self.state()["recording"], "the end of the event")
        self.api.wait_status("a", "stopped")
        self.assertEqual(self.api.stream("a")["readers"], [])
        self.api.stop()
        self.assert_files_decode()

    def test_what_is_recorded_anyway(self):
        self.start(record="yes")
        wait_for(lambda: self.state()["from"], "it records")
        started = self.call("start", duration="1s")
        self.assertEqual((started["recording"], started["reason"], started["until"]), (True, "config", None))
        self.assertIn("record: yes", self.call("stop", expected=409)["error"])
        self.assertEqual(self.state()["reason"], "config")

    def test_what_is_refused(self):
        self.start()
        self.call("start", expected=400, preroll="x")
        self.call("start", expected=400, duration="0s")
        self.call("start", method="GET", expected=405)
        self.api.json("POST", "/api/v1/streams/none/record/start", 404)
        self.api.wait_status("a", "online")
        self.call("start")
        self.api.json("POST", "/api/v1/streams/a/stop")
        wait_for(lambda: not self.state()["recording"], "a stop of the path ends it")
        self.call("start", expected=409)


if __name__ == "__main__":
    unittest.main(verbosity=2)
