"""What the daemon costs: cameras, viewers, paths."""

import os
import statistics
import time

from processes import ROOT, Viewers, cpu_share, floor, memory, settled, unwatched, watched
from table import median_and_worst, row


def percent(share):
    return f"{share:.2%}" if share >= 0.001 else f"{share:.3%}"


def floor_costs():
    costs = floor()
    if not costs:
        row("nothing: build with libsrtp2-dev", "")
        return
    row("sendto: a core's share for one viewer of 2 Mbit/s", percent(costs["sendto"]))
    row("UDP GSO, a frame a call", percent(costs["gso"]))
    row("SRTP AES-128-GCM and sendto", percent(costs["gcm_sendto"]))
    row("SRTP AES-128-GCM and UDP GSO", percent(costs["gcm_gso"]))
    row("SRTP AES-CM with HMAC-SHA1 (GStreamer 1.22 knows no other) and sendto", percent(costs["sha1_sendto"]))
    row("reading one camera of 2 Mbit/s from TCP", percent(costs["tcp_read"]))


def ingest(cameras=50):
    with unwatched("paths: {}\n") as idle:
        idle_share, idle_memory, idle_threads = cpu_share(idle, 5), memory(idle), idle.threads()
    with watched(f"cam*{cameras}:audio=none", [f"cam{n}" for n in range(1, cameras + 1)]) as (_, daemon, _):
        units, start = total_units(daemon), time.monotonic()
        share = cpu_share(daemon) - idle_share
        rate = (total_units(daemon) - units) / (time.monotonic() - start) / cameras
        row(f"{cameras} cameras over RTSP/TCP, no viewer: CPU a camera", f"{percent(share / cameras)} of a core",
            peers="MediaMTX 0.21 %, go2rtc 0.11 %, plain rtspsrc 0.4 %", floor=percent(floor()["tcp_read"]) if floor() else "")
        row("  frames that arrived, a camera and second", f"{rate:.1f}", goal="25")
        row("  memory a camera", f"{(memory(daemon) - idle_memory) / cameras / 1e6:.2f} MB",
            peers="MediaMTX 0.46, go2rtc 0.24, rtspsrc 1.2")
        row("  threads a camera", f"{(daemon.threads() - idle_threads) / cameras:.1f}", peers="rtspsrc 4")


def total_units(daemon):
    return sum(track["units"] for stream in daemon.json("GET", "/api/v1/streams")["streams"] for track in stream["tracks"])


def viewers(count=50, seconds=15.0):
    with watched("a:audio=none,bitrate=2M") as (_, daemon, base):
        share, bytes_before, threads = cpu_share(daemon, seconds), memory(daemon), daemon.threads()
        with Viewers(f"{base}/a/whep", count) as watching:
            # libnice tries a new session's other addresses for some seconds more.
            settled(daemon)
            before, start = watching.packets(), time.monotonic()
            share = cpu_share(daemon, seconds) - share
            after = watching.packets()
            rate = (after["received"] - before["received"]) / (time.monotonic() - start) / count
            costs = floor()
            row(f"{count} WHEP viewers of one camera of 2 Mbit/s: CPU a viewer", f"{percent(share / count)} of a core",
                peers="MediaMTX 0.37 %, plain webrtcbin 0.80 %",
                floor=f"{percent(costs['gcm_sendto'])}, with UDP GSO {percent(costs['gcm_gso'])}" if costs else "")
            row("  memory a viewer", f"{(memory(daemon) - bytes_before) / count / 1e6:.2f} MB",
                peers="MediaMTX 3.1, plain webrtcbin 1.5")
            row("  threads a viewer", f"{(daemon.threads() - threads) / count:.1f}", peers="plain webrtcbin 8")
            row("  RTP packets a viewer and second; lost by all", f"{rate:.0f}; {after['lost'] - before['lost']}", goal="lost 0")


def first_packet(sessions=20):
    with watched("a:audio=none") as (_, _, base), Viewers(f"{base}/a/whep", sessions, single=True) as one_by_one:
        answers = [session["answer_ms"] for session in one_by_one.sessions]
        packets = [session["first_packet_ms"] for session in one_by_one.sessions]
        row(f"WHEP: offer with candidates to answer (median, worst of {sessions})", median_and_worst(answers), goal="50 ms")
        row("  offer to first RTP packet", median_and_worst(packets), goal="250 ms",
            peers="MediaMTX 24, go2rtc 21, plain webrtcbin 220-500")


def whep_answer(sessions=21):
    with open(os.path.join(ROOT, "tests/integration/chromium-offer.sdp"), encoding="ascii", newline="") as file:
        offer = file.read()
    times = []
    with watched("a:audio=pcmu") as (_, daemon, _):
        for _ in range(sessions):
            start = time.monotonic()
            status, headers, body = daemon.request("POST", "/a/whep", offer, {"Content-Type": "application/sdp"})
            times.append((time.monotonic() - start) * 1000)
            assert status == 201, body
            daemon.request("DELETE", headers["location"])
    row("WHEP: offer of Chromium, picture and sound, to answer (median, worst)", median_and_worst(times), goal="50 ms")


def many_paths(paths=1000):
    times = []
    with unwatched("paths:\n" + "".join(f"  c{n}: {{ source: 'rtsp://127.0.0.1:1/x', sourceOnDemand: yes }}\n"
                                        for n in range(paths))) as daemon:
        for _ in range(11):
            start = time.monotonic()
            assert len(daemon.json("GET", "/api/v1/streams")["streams"]) == paths
            times.append((time.monotonic() - start) * 1000)
        row(f"{paths} on-demand paths: list by the API (median)", f"{statistics.median(times):.0f} ms",
            peers="MediaMTX 132 ms, go2rtc 16 ms")
        row("  memory of the daemon", f"{memory(daemon) / 1e6:.0f} MB", peers="MediaMTX 51 MB, go2rtc 20 MB")
