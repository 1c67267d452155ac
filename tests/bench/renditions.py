"""What it costs to make another form of a camera's track, and how long a viewer waits for it."""

from offer import OFFER
from processes import Viewers, cost, cpu_share, growth, in_browser, memory, settled, wait_for, watched
from table import median_and_worst, percentile, row

CAMERA = "a:codec=h265,size=1280x720,fps=30,audio=none"


def made(daemon):
    return daemon.stream("a")["renditions"]


def cpu_of(daemon, seconds=10.0):
    """Share of a core that the one rendition takes by its own account."""

    def spent():
        (only,) = made(daemon)
        return only["cpuSeconds"]

    return growth(spent, seconds)


def ffmpeg_share(url, arguments, seconds=10):
    """The same by ffmpeg, with one thread each for decoder and encoder."""
    command = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-threads", "1", "-i", url, "-t", str(seconds), *arguments,
               "-threads", "1", "-f", "null", "-"]
    spent, _ = cost(command, longest=seconds * 6)
    return spent / seconds


def pictures():
    with watched(CAMERA) as (camera, daemon, base):
        settled(daemon)
        idle = cpu_share(daemon, 5)
        row("H.265 720p30, nobody watches: renditions; CPU of the daemon", f"{len(made(daemon))}; {idle:.1%} of a core", goal="0")
        for viewers in (1, 50):
            with Viewers(f"{base}/a/whep", viewers):
                share, whole = cpu_of(daemon), cpu_share(daemon, 5)
                renditions = made(daemon)
                row(f"  {viewers} viewer{'s' * (viewers > 1)} who take H.264: renditions; their CPU; the daemon's",
                    f"{len(renditions)}; {share:.2f}; {whole:.2f} cores", goal="1; 1 core",
                    floor=f"ffmpeg {ffmpeg_share(camera.url('a'), ['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency']):.2f}"
                    if viewers == 1 else "")
        row("  memory of the daemon", f"{memory(daemon) / 1e6:.0f} MB")


def sound():
    with watched("a:size=160x120,audio=aac", options="webrtcHandshakeTimeout: 60s\n") as (camera, daemon, _):
        status, _, body = daemon.request("POST", "/a/whep", OFFER, {"Content-Type": "application/sdp"})
        assert status == 201, body
        wait_for(lambda: made(daemon) and made(daemon)[0]["track"], "Opus is made")
        row("AAC to Opus, 48 kHz stereo: CPU, for all viewers", f"{cpu_of(daemon):.2%} of a core", goal="1 %",
            floor=f"ffmpeg {ffmpeg_share(camera.url('a'), ['-vn', '-c:a', 'libopus']):.2%}")


def cold(rounds=7):
    """Each round waits until the one before has ended: its rendition is made anew."""
    times = {"h265": [], "h264": []}
    for codec, found in times.items():
        with watched(CAMERA.replace("h265", codec)) as (_, daemon, base):
            wait_for(lambda d=daemon: d.stream("a")["tracks"][0]["units"] > 100, "three seconds have come")
            for _ in range(rounds):
                with Viewers(f"{base}/a/whep", 1, single=True) as viewer:
                    found.append(viewer.sessions[0]["first_packet_ms"])
                wait_for(lambda d=daemon: not made(d), "it has ended")
    row("offer to first packet of a cold rendition of 720p30 (median, worst)", median_and_worst(times["h265"]), goal="1000 ms")
    row("  of the camera's own H.264", median_and_worst(times["h264"]))


def latency(seconds=20):
    ages = {}
    for codec in ("h264", "h265"):
        with watched(f"a:codec={codec},audio=none,clock=yes") as (_, daemon, base):
            result = in_browser("latency.mjs", base, "a", "webrtc", 2, seconds)
            renditions = len(made(daemon))
        ages[codec] = [picture["received"] - picture["painted"] for picture in result["pictures"] if picture["painted"]]
        row(f"camera's painter to Chromium's receiver, {codec}, {renditions} renditions (p50, p95)",
            f"{percentile(ages[codec], 0.5):.0f}, {percentile(ages[codec], 0.95):.0f} ms")
    added = percentile(ages["h265"], 0.95) - percentile(ages["h264"], 0.95)
    row("  a rendition adds, with what x265 takes longer than x264 in the camera (p95)", f"{added:.0f} ms", goal="120 ms")


def renditions():
    pictures()
    sound()
    cold()
    latency()

