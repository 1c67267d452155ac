"""What a person at a browser sees."""

import tempfile

from processes import in_browser, wait_for, watched
from table import median_and_range, milliseconds, p50_and_p95, percentile, row


def first_picture(phases=12):
    for seconds, peers in ((1, "MediaMTX 412-1122, go2rtc 233-1013"), (4, "MediaMTX 397-3105, go2rtc 1024-3638")):
        with watched(f"a:audio=none,gop={seconds}s") as (_, _, base):
            times = in_browser("first_picture.mjs", base, "a", seconds * 1000, phases)
        row(f"WHEP in Chromium: first picture, GOP {seconds} s (median, range of {phases} phases)", median_and_range(times),
            goal="250 ms", peers=peers)


def glass_to_glass(seconds=60):
    with watched("a:audio=none,clock=yes") as (_, _, base):
        result = in_browser("latency.mjs", base, "a", "webrtc", 2, seconds)
    pictures = [picture for picture in result["pictures"] if picture["painted"]]
    begun = pictures[0]["seen"]

    def ages(stage, since=0, until=seconds):
        return [picture[stage] - picture["painted"] for picture in pictures if since * 1000 <= picture["seen"] - begun < until * 1000]

    row(f"camera's painter to Chromium's screen over WHEP, {seconds} s (p50, p95)", p50_and_p95(ages("seen")),
        goal="p95 40 ms", peers="27")
    row("  p95 of the first and of the last 10 s", f"{percentile(ages('seen', 0, 10), 0.95):.0f} ms, "
        f"{percentile(ages('seen', seconds - 10), 0.95):.0f} ms", goal="no growth")
    row("  until the browser has received it (p50, p95)", p50_and_p95(ages("received")))
    row("  until it is handed to the compositor (p50, p95)", p50_and_p95(ages("presented")))
    row("  freezes; dropped by the decoder, by the compositor; lost packets",
        f"{result['freezes']}; {result['framesDropped']}, {result['droppedByCompositor']}; {result['packetsLost']}", goal="0")
    shown = len(result["pictures"]) + sum(picture["missed"] for picture in result["pictures"])
    row("  pictures whose clock was read, of those shown", f"{len(pictures)} of {shown}")


def hls_latency(seconds=30):
    paths = [f"cam{n}" for n in range(1, 6)]
    with watched("cam*5:audio=none", paths) as (_, daemon, base):
        # A camera that has only just begun has no keyframe behind it, and no distance of keyframes.
        wait_for(lambda: all(daemon.stream(path)["tracks"][0]["units"] > 100 for path in paths), "four seconds of each")
        times = in_browser("hls_start.mjs", base, *paths)
    row(f"LL-HLS in Chromium: first picture, a path's first client (of {len(times['first'])})", median_and_range(times["first"]),
        goal="900 ms", peers="MediaMTX 1966")
    row(f"  a later client (of {len(times['later'])})", median_and_range(times["later"]), goal="150 ms", peers="MediaMTX 108")

    with watched("a:audio=none,clock=yes") as (_, _, base):
        result = in_browser("latency.mjs", base, "a", "hls", 5, seconds)
    ages = [picture["seen"] - picture["painted"] for picture in result["pictures"] if picture["painted"]]
    row(f"LL-HLS, parts of 200 ms: camera's painter to screen, {seconds} s (p50, p95)", p50_and_p95(ages), goal="650 ms",
        peers="MediaMTX 576-672")


def outage(rounds=3):
    for protocol in ("webrtc", "hls"):
        results = [seen_by(protocol, "gone") for _ in range(rounds)]
        row(f"camera gone for 5 s: new pictures in a {protocol} viewer (median, range of {rounds})",
            median_and_range([result["pictures"] for result in results]) + kept(results), goal="2000 ms, same session",
            peers="go2rtc 4400, MediaMTX ends the session")
        row("  the daemon has frames again", median_and_range([result["online"] for result in results]))


def silent():
    for protocol in ("webrtc", "hls"):
        result = seen_by(protocol, "silent")
        row(f"camera silent on a living connection: noticed ({protocol} viewer)", milliseconds(result["noticed"]),
            goal="readTimeout, 10 s")
        row(f"  new pictures in a {protocol} viewer after its return", milliseconds(result["pictures"]) + kept([result]),
            goal="same session")


def seek(seconds=30, jumps=40):
    """From a command to the first picture of where it leads, within one session."""
    for gop in (1, 4):
        with tempfile.TemporaryDirectory(prefix="rill-bench-") as folder, \
                watched(f"a:clock=yes,gop={gop}s,size=1280x720", options=f"record: yes\nrecordPath: {folder}/%path/%s-%f\n") as (
                    _, daemon, base):
            wait_for(lambda d=daemon: recorded(d, "a") >= seconds, f"{seconds} s are recorded", 120)
            times = in_browser("seek.mjs", base, "a", seconds, jumps)
        for command in ("seek", "speed", "live"):
            row(f"{command} in a WebRTC session: first new picture, GOP {gop} s (median, range of {len(times[command])})",
                median_and_range(times[command]), goal="250 ms")


def recorded(daemon, path):
    status, _, _ = daemon.request("GET", f"/api/v1/recordings/{path}")
    return sum(span["duration"] for span in daemon.json("GET", f"/api/v1/recordings/{path}")["spans"]) if status == 200 else 0


def seen_by(protocol, fault):
    """With a daemon of its own: one that had an outage just before waits longer before it tries again."""
    with watched("a:audio=none,clock=yes") as (camera, _, base):
        return in_browser("outage.mjs", base, "a", protocol, camera.control_port, fault)


def kept(results):
    return ", same session" if all(result["sameSession"] for result in results) else ", new session"
