"""Who is not let in: wrong, forbidden, expired and forged credentials at every route of docs/openapi.yaml. What those who are let in get is
test_auth.py's, which also has a hook that is away; one that hangs is core/tests/auth's."""

import concurrent.futures
import contextlib
import json
import time
import unittest

from credentials import basic, jwt, write_keys
from fault_site import MAY_ALL, PASSWORD, RIGHT, USER, VALUES, FaultSite
from harness import own_address, wait_for
from websocket import HANDSHAKE

# Whatever it may see, it may not see this; so it is not asked where it goes.
OTHERS = "[{action: publish}, {action: read, path: cam}, {action: playback, path: cam}]"
# Whoever comes may open it, and is asked with each offer (test_auth.py, "signalling").
ASKS_LATER = ("/ws",)


def claims(permissions, seconds=3600):
    return {"mediamtx_permissions": permissions, "exp": int(time.time()) + seconds}


ALL_CLAIMS = [{"action": action} for action in ("read", "playback", "api", "metrics")]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Refusals(FaultSite):
    """Asks from an address of its own each time: who guesses waits, and is locked out."""

    def ask(self, operation, headers, query):
        # A right one: who may do it can depend on what is asked for.
        body = json.dumps(RIGHT[operation.path]) if operation.takes_json() else "" if operation.content_types else None
        more = HANDSHAKE if operation.is_websocket else {"Content-Type": operation.content_types[0]} if body is not None else {}
        with contextlib.closing(self.new_client({**headers, **more}, address=own_address())) as client:
            return client.ask(operation.method, operation.url(VALUES) + query, body)

    def refused_everywhere(self, shown):
        asked = [(operation, who, *show) for operation in self.operations for who, show in shown.items()
                 if not operation.is_open and operation.path not in ASKS_LATER]
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda each: self.ask(each[0], each[2], each[3]), asked))
        for (operation, who, _, _), answer in zip(asked, answers):
            with self.subTest(operation=str(operation), who=who):
                self.assert_refused(operation, answer, 401)
                self.assertIn("www-authenticate", answer.headers)


class Users(Refusals):
    @classmethod
    def access(cls):
        return (f"authInternalUsers:\n  - {{user: {USER}, pass: {PASSWORD}, permissions: {MAY_ALL}}}\n"
                f"  - {{user: guest, pass: guest, permissions: {OTHERS}}}\n")

    def token(self, **body):
        return self.rilld.json("POST", "/api/v1/tokens", body=json.dumps(body), headers={"Content-Type": "application/json"})["token"]

    def test_everywhere(self):
        short = self.token(path="spare", action="read", expiresIn=1)
        right, elsewhere = (self.token(path=path, action="read", expiresIn=3600) for path in ("spare", "cam"))
        changed = right[:-2] + ("AA" if right[-2:] != "AA" else "BB")
        with contextlib.closing(self.new_client()) as client:
            self.assertEqual(client.ask("GET", f"/spare/index.m3u8?token={right}").status, 200)
            wait_for(lambda: client.ask("GET", f"/spare/index.m3u8?token={short}").status == 401, "the token expires")
        self.refused_everywhere({
            "nobody": ({}, ""),
            "a wrong password": (basic(USER, "guess"), ""),
            "an unknown user": (basic("nobody", PASSWORD), ""),
            "a forbidden user": (basic("guest", "guest"), ""),
            "no Base64": ({"Authorization": "Basic ???"}, ""),
            "another scheme": ({"Authorization": "Digest username=operator"}, ""),
            "a session that is none": ({"Cookie": "rill_session=" + "A" * 43}, ""),
            "a JWT": (bearer(jwt(claims(ALL_CLAIMS))), ""),
            "an expired token": ({}, f"?token={short}"),
            "a changed token": ({}, f"?token={changed}"),
            "a token for elsewhere": ({}, f"?token={elsewhere}"),
        })
        self.assertNotIn(right, "\n".join(self.rilld.lines))


class WebTokens(Refusals):
    @classmethod
    def access(cls):
        return f"authMethod: jwt\nauthJWTJWKS: {write_keys(cls.folder)}\n"

    @classmethod
    def credentials(cls):
        return bearer(jwt(claims(ALL_CLAIMS)))

    def test_everywhere(self):
        right = jwt(claims(ALL_CLAIMS))
        head, _, signature = right.split(".")
        others_claims = jwt(claims([{"action": "publish"}])).split(".")[1]
        self.refused_everywhere({
            "nobody": ({}, ""),
            "nonsense": (bearer("a.b.c"), ""),
            "an expired one": (bearer(jwt(claims(ALL_CLAIMS, -60))), ""),
            "a forged one": (bearer(jwt(claims(ALL_CLAIMS), b"x" * 32)), ""),
            "alg none": (bearer(jwt(claims(ALL_CLAIMS), algorithm="none")), ""),
            "alg None with a signature": (bearer(jwt(claims(ALL_CLAIMS), algorithm="None") + signature), ""),
            "the signature of another": (bearer(f"{head}.{others_claims}.{signature}"), ""),
            "one without permissions": (bearer(jwt(claims([]))), ""),
            "one for elsewhere": (bearer(jwt(claims([{"action": "read", "path": "cam"}, {"action": "playback", "path": "cam"}]))), ""),
            "in the query": ({}, f"?jwt={right}"),
        })


if __name__ == "__main__":
    unittest.main(verbosity=2)
