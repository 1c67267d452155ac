"""What configurations, the API, passwords and TLS cost."""

import base64
import contextlib
import hashlib
import http.client
import os
import random
import re
import ssl
import statistics
import subprocess
import tempfile
import time

from credentials import certify
from harness import wait_for
from processes import cost, unwatched
from table import median_and_range, row

RILLD = os.path.join(os.environ["RILL_BUILD_DIR"], "apps/rilld/rilld")
RUNS = 9


def configured(count):
    """Cameras that nobody watches."""
    lines = (f"  site{n % 100}/cam{n}: {{ source: 'rtsp://192.0.2.1/stream{n}' }}\n" for n in range(count))
    return "pathDefaults: { sourceOnDemand: yes }\npaths:\n" + "".join(lines)


def elapsed(work, runs=RUNS):
    """Milliseconds of each run."""
    times = []
    for run in range(runs):
        start = time.monotonic()
        work(run)
        times.append((time.monotonic() - start) * 1000)
    return times


class Connection:
    """One that stays, and its requests."""

    def __init__(self, daemon, headers=None, context=None):
        self._connection = (http.client.HTTPSConnection("127.0.0.1", daemon.port, timeout=60, context=context) if context
                            else http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60))
        self._headers = headers or {}

    def ask(self, method, url, body=None):
        self._connection.request(method, url, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, f"{method} {url}: {answer.status} {content[:200]}"
        return content


def configuration():
    text = configured(10_000)
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        times = elapsed(lambda _: subprocess.run([RILLD, "--check", file.name], check=True, stdout=subprocess.DEVNULL))
        spent, resident = cost([RILLD, "--check", file.name])
    row("rilld --check of 10,000 paths: time; CPU; memory", f"{median_and_range(times)}; {spent * 1000:.0f} ms; {resident / 1e6:.0f} MB", goal="500 ms")
    with unwatched(text) as daemon:
        api = Connection(daemon)

        def change(run):
            api.ask("PATCH", "/v3/config/paths/patch/site0/cam5000", f'{{"maxReaders":{run + 1}}}')

        row("one of 10,000 paths changed by the API, until it is in force", median_and_range(elapsed(change)), goal="100 ms")


def api():
    with unwatched(configured(1000)) as daemon:
        connection = Connection(daemon)
        for url, goal in (("/v3/paths/list?itemsPerPage=1000", "20 ms"), ("/api/v1/streams", ""), ("/metrics", "50 ms")):
            size = len(connection.ask("GET", url))
            times = elapsed(lambda _, url=url: connection.ask("GET", url), 21)
            row(f"GET {url} with 1000 paths, {size / 1e3:.0f} kB", median_and_range(times), goal=goal)


@contextlib.contextmanager
def certificate():
    with tempfile.TemporaryDirectory() as folder:
        key, chain = certify(folder, "localhost", "DNS:localhost")
        yield f"httpEncryption: yes\nhttpServerKey: {key}\nhttpServerCert: {chain}\n"


def serving_thread(daemon):
    """Seconds that the thread of HTTP, which is the main one, has run."""
    with open(f"/proc/{daemon.child.pid}/task/{daemon.child.pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def segment_of(connection, path):
    """The URL of a segment that a player would load."""
    def last():
        index = connection.ask("GET", f"/{path}/index.m3u8").decode()
        media = next(line for line in index.splitlines() if line and line[0] != "#")
        # Those without a session are gaps from before the first.
        return re.findall(r"^[^#\n]+_seg\d+\.mp4\?session=.*$", connection.ask("GET", f"/{path}/{media}").decode(), re.M)
    return f"/{path}/" + wait_for(last, "a segment", 30)[-1]


def segment_cost(daemon, connection, path, requests=300):
    """Microseconds of the serving thread for one request, and the segment's bytes."""
    url = segment_of(connection, path)
    before = serving_thread(daemon)
    for _ in range(requests):
        size = len(connection.ask("GET", url))
    return (serving_thread(daemon) - before) / requests * 1e6, size


def authorised():
    """In turns, shuffled: who comes after another has other caches, and that is more than what is looked for."""
    digest = base64.b64encode(hashlib.sha256(b"secret").digest()).decode()
    users = ("authInternalUsers:\n"
             "  - { user: any, permissions: [{ action: api }, { action: read, path: open }] }\n"
             f"  - {{ user: bob, pass: 'sha256:{digest}', permissions: [{{ action: read }}] }}\n")
    source = "{ source: 'test://?size=1280x720&fps=5' }"
    bob = {"Authorization": "Basic " + base64.b64encode(b"bob:secret").decode()}
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with certificate() as encrypted, unwatched(f"{users}paths: {{ open: {source}, cam: {source} }}\n") as plain, \
            unwatched(f"{encrypted}paths: {{ open: {source} }}\n") as tls:
        kinds = {
            "open": (plain, Connection(plain), "open"),
            "authorised": (plain, Connection(plain, bob), "cam"),
            "HTTPS": (tls, Connection(tls, context=unverified), "open"),
        }
        costs = {name: [] for name in kinds}
        for _ in range(3 * RUNS):
            for name in random.sample(list(kinds), len(kinds)):
                costs[name].append(segment_cost(*kinds[name]))
        for name, runs in costs.items():
            spent = [microseconds for microseconds, _ in runs]
            size = statistics.median(size for _, size in runs)
            row(f"an HLS segment of {size / 1e3:.0f} kB, {name}: CPU of the serving thread",
                f"{statistics.median(spent):.0f} us, {min(spent):.0f}-{max(spent):.0f}", goal="open + 5 %" if name == "authorised" else "")
