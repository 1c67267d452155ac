"""What the daemon costs: cameras, viewers, paths."""

import contextlib
import glob
import os
import statistics
import subprocess
import tempfile
import time

from offer import OFFER
from processes import Camera, Viewers, cpu_share, floor, memory, settled, unwatched, wait_for, watched
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


def recording(cameras=50, seconds=20.0):
    """Recording over ingest alone: two daemons, one after the other, on the same cameras."""
    names = [f"cam{n}" for n in range(1, cameras + 1)]
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as folder, contextlib.ExitStack() as stack:
        camera = Camera(f"cam*{cameras}:audio=none,bitrate=2M")
        stack.callback(camera.stop, None)
        costs = {}
        for record in ("no", "yes"):
            config = (f"record: {record}\nrecordPath: {folder}/%path/%s-%f\nrecordSegmentDuration: 10s\npaths:\n" +
                      "".join(f"  {name}: {{ source: '{camera.url(name)}' }}\n" for name in names))
            with unwatched(config) as daemon:
                wait_for(lambda d=daemon: all(s["status"] == "online" for s in d.json("GET", "/api/v1/streams")["streams"]),
                         "all online", 120)
                settled(daemon)
                units, arrived, on_disk = total_units(daemon), inbound(daemon), written(daemon)
                share = cpu_share(daemon, seconds)
                costs[record] = (share, memory(daemon), daemon.threads())
                arrived, on_disk = inbound(daemon) - arrived, written(daemon) - on_disk
                units = (total_units(daemon) - units) / seconds / cameras
                dropped = sum(storage["droppedParts"] for storage in daemon.json("GET", "/api/v1/storages"))
        share, size, threads = (costs["yes"][i] - costs["no"][i] for i in range(3))
        row(f"recording {cameras} cameras of 2 Mbit/s over ingest alone: CPU a camera", f"{percent(share / cameras)} of a core",
            goal="0.05 %", peers="MediaMTX + 0.12 %", floor=percent(write_cost(folder)))
        row("  memory a camera", f"{size / cameras / 1e6:.2f} MB", goal="0.4 MB", peers="MediaMTX + 0.5 MB")
        row("  threads in all", f"{threads}")
        row("  frames that arrived, a camera and second", f"{units:.1f}", goal="25")
        row("  parts dropped", str(dropped), goal="0")
        row("  bytes of its files for one of media", f"{file_bytes(folder) / media_bytes(folder):.4f}", goal="1.02")
        row("  bytes that the disk takes for one that arrived", f"{on_disk / arrived:.3f}")


def recorded_files(folder):
    return glob.glob(f"{folder}/cam1/*.mp4")


def file_bytes(folder):
    return sum(os.path.getsize(file) for file in recorded_files(folder))


def media_bytes(folder):
    """What ffprobe finds in the same files."""
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0"]
    sizes = [subprocess.run([*probe, file], capture_output=True, text=True, check=True).stdout for file in recorded_files(folder)]
    return sum(int(line.split(",")[0]) for text in sizes for line in text.split())


def inbound(daemon):
    return sum(stream["inboundBytes"] for stream in daemon.json("GET", "/api/v1/streams")["streams"])


def written(daemon):
    """Bytes that the process made the disk write, in whole pages, with the index and its log."""
    with open(f"/proc/{daemon.child.pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))


def write_cost(folder, megabytes=64):
    """The share of a core that writing 2 Mbit/s to a file takes, in pieces of a second."""
    piece, start = bytes(250_000), time.process_time()
    with open(os.path.join(folder, "floor"), "wb", buffering=0) as file:
        for _ in range(megabytes * 4):
            file.write(piece)
    return (time.process_time() - start) / (megabytes * 4)


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
    times = []
    with watched("a:audio=pcmu") as (_, daemon, _):
        for _ in range(sessions):
            start = time.monotonic()
            status, headers, body = daemon.request("POST", "/a/whep", OFFER, {"Content-Type": "application/sdp"})
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
