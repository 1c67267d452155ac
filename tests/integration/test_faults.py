"""What makes no sense, sent to every route of docs/openapi.yaml: URLs, methods, bodies. Who is not let in is test_refusals.py's;
a hook that is away or hangs test_auth.py's and core/tests/auth's; bytes that are no HTTP core/tests/http's."""

import json
import unittest

from fault_site import CAMERA, MISSING, OF_PATHS, OFFER, RIGHT, VALUES, FaultSite, quoted

JSON = {"Content-Type": "application/json"}

# In a name of a URL, encoded as it is sent: all are 400, whatever would be there.
IN_NAMES = {
    "parent folder": "..", "encoded parent": "%2e%2e", "leads out": "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "leads out by slashes": "a/../../etc/passwd",
    "backslash": "..%5c..%5cetc", "NUL": "spare%00", "CRLF": "a%0d%0aX-Evil:%20yes", "no UTF-8": "%ff%fe", "half an escape": "%2", "overlong slash": "%c0%af",
}
OF_SEGMENTS = ("parent folder", "encoded parent")
# A slash that was encoded is one of the name where that is the end of the route, and 400 anywhere else.
ENDS_IN_A_NAME = ("/{name}", "/ws/{stream_id}")
LONG = "n" * 20_000
# In a value of a query that is no bytes of a name.
IN_QUERIES = {"NUL": "a%00b", "no UTF-8": "%ff", "half an escape": "%"}
# And those that only mean something: refused, or nothing is found by them.
WORDS = {"leads out": "../../../../etc/passwd", "absolute": "/etc/passwd", "CRLF": "a\r\nX-Evil: yes", "long": LONG, "negative": "-1", "huge": "9" * 400}

# What is not JSON at all, or no object: 400 for all who take JSON.
BODIES = {
    "malformed": b'{"a"; 1}', "empty": b"", "array": b"[]", "string": b'"text"', "number": b"7", "null": b"null", "two": b"{} {}",
    "nested too deep": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "huge number": b'{"a":1e999}', "invalid UTF-8": b'{"a":"\xff\xfe"}', "NUL": b'{"a":"\0"}',
    "megabyte of nothing": b" " * (1 << 20),
}
NO_SDP = {"empty": b"", "a word": b"offer", "truncated": OFFER[:300].encode(), "JSON": b'{"sdp":"v=0"}', "no version": OFFER[5:].encode(),
          "invalid UTF-8": b"v=0\r\no=\xff\xfe", "NUL": b"v=0\0\r\n", "a megabyte": b"v=0\r\n" + b"a=x\r\n" * 200_000}
# Without null, which is as if the field were not there.
WRONG_TYPES = {"string": ["text"], "number": [0.5, 10**30], "integer": [7, 10**18], "boolean": [True], "array": [[], [[]]], "object": [{}, {"a": 1}]}
TEXTS = {"long": LONG, "NUL": "a\0b", "CRLF": "a\r\nX-Evil: yes", "leads out": "../../etc/passwd", "lone surrogate": "\ud800", "empty": ""}
# What takes any text: who may do what is looked up by it, or a camera is asked with it.
FREE = {("/api/v1/login", "user"), ("/api/v1/login", "password"), ("/api/v1/login", "path"), ("/api/v1/tokens", "path"),
        ("/streams", "username"), ("/streams", "password")}
# What is there already, under another camera's name or as another thing.
TWICE = {
    ("POST", "/v3/config/paths/add/{name}", "", 400): {},
    ("POST", "/api/streams", "", 409): {"stream_id": "spare", "rtsp_url": CAMERA},
    ("POST", "/streams", "", 409): {"source_id": 1, "rtsp_url": CAMERA},
    ("GET", "/api/stream/start", f"?indicator_id=spare&rtsp_link={CAMERA}", 409): None,
}
# Without which it is not looked whether the path is there.
RANGE = "?start=2026-01-01T00:00:00Z&end=2026-01-01T00:01:00Z"
NEEDED = {**{f"/api/v1/recordings/{{path}}{verb}": RANGE for verb in ("", "/lock", "/unlock")}, "/api/v1/streams/{path}/preview.jpg": "?time=2026-01-01T00:00:00Z"}
# What makes what is not there.
MAKES = ("/v3/config/paths/add/{name}", "/v3/config/paths/replace/{name}")
# Bodies of another type: those that look at it, and what they answer.
BY_TYPE = {"/api/v1/login": 400, "/api/v1/tokens": 400, "/{path}/whep": 415, "/{path}/whep/{secret}": 415}


def body_of(value):
    return json.dumps(value)


class Urls(FaultSite):
    """Requests whose bodies, if they have to have one, are empty: nothing that is asked for may be found or changed by them."""

    def ask_empty(self, operation, url):
        return self.client.ask(operation.method, url, "" if operation.content_types else None)

    def test_names_in_paths(self):
        for operation in self.operations:
            for name in operation.names_in_path():
                is_segment = f"/{{{name}}}/" in operation.path + "/"
                for fault, raw in IN_NAMES.items():
                    if fault in OF_SEGMENTS and not is_segment:
                        continue
                    with self.subTest(operation=str(operation), name=name, fault=fault):
                        self.assert_refused_by_http(self.ask_empty(operation, operation.url(VALUES, **{name: raw})), 400)
                ends = operation.path.endswith(ENDS_IN_A_NAME) and name == operation.names_in_path()[-1]
                with self.subTest(operation=str(operation), name=name, fault="encoded slash"):
                    answer = self.ask_empty(operation, operation.url(VALUES, **{name: "987%2F654"}))
                    if ends:
                        self.assertNotIn("encoded slash", answer.error())
                    else:
                        self.assert_refused_by_http(answer, 400)
                with self.subTest(operation=str(operation), name=name, fault="long"):
                    self.assert_refused(operation, self.ask_empty(operation, operation.url(VALUES, **{name: LONG})), 400, 404)

    def test_queries(self):
        for operation in self.operations:
            url = operation.url(MISSING if operation.method != "GET" else VALUES)
            for key in [*operation.queries(), "unknown"]:
                for fault, raw in IN_QUERIES.items():
                    with self.subTest(operation=str(operation), key=key, fault=fault):
                        self.assert_refused_by_http(self.ask_empty(operation, f"{url}?{key}={raw}"), 400)
            for key in operation.queries():
                for fault, word in WORDS.items():
                    with self.subTest(operation=str(operation), key=key, fault=fault):
                        answer = self.ask_empty(operation, f"{url}?{key}={quoted(word)}")
                        self.assertNotIn("x-evil", answer.headers)
                        self.assert_tells_nothing(answer)
                        if answer.status >= 400:
                            self.assert_refused(operation, answer)

    def test_what_is_not_known_changes_nothing(self):
        """Keys that nobody knows, as many as fit in; and HEAD is GET without the body."""
        for operation in self.operations:
            url = operation.url(VALUES if operation.method == "GET" else MISSING)
            with self.subTest(operation=str(operation)):
                plain = self.ask_empty(operation, url)
                self.assertTrue(operation.documents(plain.status), plain)
                self.assertEqual(self.ask_empty(operation, f"{url}?unknown=1&x=&=").status, plain.status)
                self.assertEqual(self.ask_empty(operation, f"{url}?unknown={'x' * 60_000}").status, plain.status)
                self.assert_refused_by_http(self.ask_empty(operation, f"{url}?unknown={'x' * 70_000}"), 431)
                if operation.method == "GET":
                    head = self.client.ask_head(url)
                    self.assertEqual((head.status, head.body), (plain.status, b""))

    def test_methods(self):
        for operation in self.operations:
            url = operation.url(VALUES)
            with self.subTest(operation=str(operation)):
                answer = self.client.ask("PUT", url)
                if answer.status == 404:  # what is not there has no methods either
                    self.assertIn(404, operation.statuses)
                else:
                    self.assert_refused(operation, answer, 405)
                    self.assertLessEqual(operation.methods, set(answer.headers["allow"].split(", ")))
                self.assert_refused_by_http(self.client.ask("BREW", url), 501)


class Bodies(FaultSite):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.values = dict(VALUES)
        for path in ("spare", "1"):
            opened = cls.rilld.json("POST", f"/api/v1/streams/{path}/sessions", 201, body=body_of({"sdp": OFFER}), headers=JSON)
            cls.values[path] = opened["id"]
        status, headers, _ = cls.rilld.request("POST", "/spare/whep", OFFER, {"Content-Type": "application/sdp"})
        assert status == 201
        cls.values["secret"] = headers["location"].rsplit("/", 1)[1]

    def url(self, operation):
        path = "1" if "source_id" in operation.names_in_path() else "spare"
        values = {**self.values, "session": self.values[path]}
        if operation.path.endswith("/add/{name}"):
            values["name"] = "fresh"
        return operation.url(values)

    def with_json(self):
        taking = [operation for operation in self.operations if operation.takes_json()]
        self.assertEqual({operation.path for operation in taking}, set(RIGHT), "say in RIGHT what is right for each route")
        return taking

    def post(self, operation, body, headers=JSON):
        return self.client.ask(operation.method, self.url(operation), body, headers)

    def test_what_is_no_object(self):
        for operation in self.with_json():
            right = body_of(RIGHT[operation.path])
            for fault, body in {**BODIES, "truncated": right[:-1], "twice": right + right}.items():
                with self.subTest(operation=str(operation), fault=fault):
                    self.assert_refused(operation, self.post(operation, body), 400)

    def test_what_is_no_sdp(self):
        for operation in self.operations:
            if not operation.content_types or operation.takes_json():
                continue
            for fault, body in NO_SDP.items():
                with self.subTest(operation=str(operation), fault=fault):
                    answer = self.post(operation, body, {"Content-Type": operation.content_types[0]})
                    # A fragment without candidates is one.
                    if answer.status != 204 or "sdpfrag" not in operation.content_types[0]:
                        self.assert_refused(operation, answer, 400)

    def test_too_large(self):
        for operation in self.operations:
            if operation.content_types:
                with self.subTest(operation=str(operation)):
                    # Refused by its length alone.
                    refused = self.post(operation, None, {**JSON, "Content-Length": str((1 << 20) + 1)})
                    self.assert_refused_by_http(refused, 413)

    def test_wrong_types(self):
        for operation in self.with_json():
            for field, types in operation.fields.items():
                wrong = [value for kind, values in WRONG_TYPES.items() if kind not in types for value in values
                         if kind != "integer" or "number" not in types]
                for value in wrong:
                    with self.subTest(operation=str(operation), field=field, value=value):
                        self.assert_refused(operation, self.post(operation, body_of({**RIGHT[operation.path], field: value})), 400)

    def test_texts(self):
        for operation in self.with_json():
            for field, types in operation.fields.items():
                if "string" not in types or (operation.path, field) in FREE:
                    continue
                for fault, text in TEXTS.items():
                    with self.subTest(operation=str(operation), field=field, fault=fault):
                        self.assert_refused(operation, self.post(operation, body_of({**RIGHT[operation.path], field: text})))

    def test_fields_that_nobody_knows(self):
        for operation in self.with_json():
            right = RIGHT[operation.path]
            with self.subTest(operation=str(operation)):
                answer = self.post(operation, body_of({**right, "unknownField": [1]}))
                if operation.path.startswith("/v3/config/"):
                    self.assert_refused(operation, answer, 400)
                    self.assertIn("unknownField", answer.error())
                else:
                    self.assertEqual(answer.status, self.post(operation, body_of(right)).status)
                    self.assertIn(answer.status, operation.statuses)

    def test_types_of_bodies(self):
        for operation in self.operations:
            if not operation.content_types:
                continue
            with self.subTest(operation=str(operation)):
                # Not a right one: it must not change a configuration.
                body = body_of({**RIGHT[operation.path], "unknownField": 1}) if operation.takes_json() else "v=0"
                answer = self.post(operation, body, {"Content-Type": "text/plain"})
                if operation.path in BY_TYPE:
                    self.assert_refused(operation, answer, BY_TYPE[operation.path])
                else:
                    self.assertEqual(answer.status, self.post(operation, body).status)

    def test_what_is_there_already(self):
        for (method, path, query, status), body in TWICE.items():
            operation, = [each for each in self.operations if (each.method, each.path) == (method, path)]
            with self.subTest(operation=str(operation)):
                answer = self.client.ask(method, operation.url(VALUES) + query, None if body is None else body_of(body), JSON)
                self.assert_refused(operation, answer, status)

    def test_what_is_not_there(self):
        for operation in self.operations:
            if not set(OF_PATHS) & set(operation.names_in_path()) or operation.path in MAKES:
                continue
            with self.subTest(operation=str(operation)):
                body = body_of(RIGHT[operation.path]) if operation.takes_json() else "v=0" if operation.content_types else None
                headers = {"Content-Type": operation.content_types[0]} if operation.content_types else None
                answer = self.client.ask(operation.method, operation.url(MISSING) + NEEDED.get(operation.path, ""), body, headers)
                # Whoever asks for no WebSocket is told so.
                self.assert_refused(operation, answer, 400 if operation.path == "/ws/{stream_id}" else 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
