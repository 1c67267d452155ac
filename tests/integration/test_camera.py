"""Every kind of stream that rill-camera sends, as ffmpeg receives it over RTSP. No daemon takes part."""

import concurrent.futures
import json
import math
import struct
import subprocess
import unittest

from harness import PATIENCE, TestCase

SMALL = "fps=10"
COMPRESSED = SMALL + ",gop=5,bitrate=500k"
# Small, for they are encoded first; several are no whole macroblocks. The stream; what ffprobe calls its codec and profile; its samples.
VIDEO = {
    "h264-baseline": ("size=320x240,profile=baseline", "h264", "Constrained Baseline", "yuv420p"),
    "h264-main": ("size=194x110,profile=main", "h264", "Main", "yuv420p"),
    "h264-high": ("size=214x120,profile=high,bframes=2", "h264", "High", "yuv420p"),
    "h264-high10": ("size=162x288,profile=high10", "h264", "High 10", "yuv420p10le"),
    "h264-high422": ("size=182x102,profile=high422", "h264", "High 4:2:2", "yuv422p10le"),
    "h264-interlaced": ("size=176x144,scan=interlaced,aspect=16:11", "h264", "High", "yuv420p"),
    "h264-main-interlaced": ("size=162x92,profile=main,scan=interlaced,bframes=1", "h264", "Main", "yuv420p"),
    "h264-high422-interlaced": ("size=160x120,profile=high422,scan=interlaced,clock=yes", "h264", "High 4:2:2", "yuv422p10le"),
    "h264-live": ("size=166x126,profile=high422,clock=yes", "h264", "High 4:2:2", "yuv422p10le"),
    "h265-main": ("codec=h265,size=194x110,profile=main", "hevc", "Main", "yuv420p"),
    "h265-main10": ("codec=h265,size=342x192,profile=main10", "hevc", "Main 10", "yuv420p10le"),
    "h265-main422-10": ("codec=h265,size=162x288,profile=main422-10", "hevc", "Rext", "yuv422p10le"),
    "h265-live": ("codec=h265,size=166x126,profile=main10,clock=yes,aspect=4:3", "hevc", "Main 10", "yuv420p10le"),
    "mjpeg": ("codec=mjpeg,size=320x184", "mjpeg", "Baseline", "yuvj420p"),
    "mjpeg-live": ("codec=mjpeg,size=168x128,clock=yes", "mjpeg", "Baseline", "yuvj420p"),
}
# The sound; what ffprobe calls its codec; samples a second.
AUDIO = {
    "aac": ("audio=aac,rate=16000", "aac", 16000),
    "pcmu": ("audio=pcmu", "pcm_mulaw", 8000),
    "pcma": ("audio=pcma", "pcm_alaw", 8000),
    "opus": ("audio=opus", "opus", 48000),
    "g722": ("audio=g722", "adpcm_g722", 16000),
    "lpcm-8000": ("audio=lpcm,rate=8000", "pcm_s16be", 8000),
    "lpcm-16000": ("audio=lpcm,rate=16000", "pcm_s16be", 16000),
    "lpcm-44100": ("audio=lpcm,rate=44100", "pcm_s16be", 44100),
    "lpcm-48000": ("audio=lpcm", "pcm_s16be", 48000),
}


def value_of(key, spec, default=None):
    pairs = dict(pair.split("=") for pair in spec.split(","))
    return pairs.get(key, default)


def receive(program, url, *arguments):
    done = subprocess.run([program, "-v", "error", "-rtsp_transport", "tcp", "-fpsprobesize", "0", "-i", url, *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * PATIENCE, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{program} {url}: {done.stderr.decode()}")
    return done.stdout


def probe(url, *arguments):
    return json.loads(receive("ffprobe", url, "-of", "json", "-show_streams", *arguments))


def luma(url, width, height, count):
    """So many pictures, one after the other."""
    data = receive("ffmpeg", url, "-frames:v", str(count), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    return [data[at:at + width * height] for at in range(0, len(data), width * height)]


def sound(url, rate):
    """One second of it, which repeats each second."""
    data = receive("ffmpeg", url, "-map", "0:a", "-ac", "1", "-t", "3", "-f", "s16le", "-")
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return samples[rate:2 * rate]


def strip(picture, width):
    """The number that the camera has painted at the top, or None."""
    row = picture[width // 80 * width:][:width]
    cells = [row[(2 * cell + 1) * width // 80] > 128 for cell in range(40)]
    value = int("".join("01"[cell] for cell in cells[2:34]), 2)
    check = 0
    for nibble in range(8):
        check ^= value >> 4 * nibble & 0xF
    whole = cells[0] and not cells[1] and not cells[38] and cells[39] and check == int("".join("01"[cell] for cell in cells[34:38]), 2)
    return value if whole else None


def amplitude(samples, rate, frequency):
    """Of a sine in one second of samples."""
    angles = [2 * math.pi * frequency * i / rate for i in range(len(samples))]
    real = sum(sample * math.cos(angle) for sample, angle in zip(samples, angles))
    imaginary = sum(sample * math.sin(angle) for sample, angle in zip(samples, angles))
    return 2 * math.hypot(real, imaginary) / len(samples)


class Kinds(TestCase):
    def each(self, kinds, spec_of, check):
        """Receives all kinds at once: that is mostly waiting."""
        camera = self.camera(*(f"{name}:{spec_of(*kind)}" for name, kind in kinds.items()))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = {name: pool.submit(check, camera.url(name), *kind) for name, kind in kinds.items()}
        for name, result in running.items():
            with self.subTest(name):
                result.result()

    def test_video(self):
        def spec_of(spec, *_):
            return f"{spec},{SMALL if 'mjpeg' in spec else COMPRESSED}"

        def check(url, spec, codec, profile, pixels):
            width, height = (int(side) for side in value_of("size", spec).split("x"))
            found = probe(url)["streams"][0]
            self.assertEqual((found["codec_name"], found["profile"], found["pix_fmt"], found["width"], found["height"]),
                             (codec, profile, pixels, width, height))
            self.assertEqual(found["sample_aspect_ratio"], value_of("aspect", spec, "1:1"))
            fields = value_of("scan", spec) == "interlaced"
            self.assertEqual(found.get("field_order", "progressive"), "tt" if fields else "progressive")
            # Up to a GOP may go by until a decoder that came in its middle has a whole picture.
            numbers = [strip(picture, width) for picture in luma(url, width, height, 15)[-10:]]
            self.assertNotIn(None, numbers)
            if "clock=yes" in spec:
                self.assertEqual(numbers, sorted(numbers))
            else:
                self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 10)))

        self.each(VIDEO, spec_of, check)

    def test_audio(self):
        def check(url, _, codec, rate):
            found = probe(url, "-show_packets", "-select_streams", "a", "-read_intervals", "%+1")
            stream, packets = found["streams"][0], found["packets"]
            channels = 2 if codec == "opus" else 1  # RFC 7587 §7: its rtpmap always says 2
            self.assertEqual((stream["codec_name"], int(stream["sample_rate"]), stream["channels"]), (codec, rate, channels))
            # The RTP clock goes as fast as the samples, whose number ffprobe knows from the codec and the size.
            self.assertGreater(len(packets), 10)
            for packet, following in zip(packets, packets[1:]):
                end = float(packet["pts_time"]) + float(packet.get("duration_time", 0.02))  # only those of Opus have none
                self.assertAlmostEqual(float(following["pts_time"]), end, delta=0.001)
            samples = sound(url, rate)
            self.assertEqual(len(samples), rate)
            self.assertAlmostEqual(amplitude(samples, rate, 220), 2000, delta=400)
            # A fifth of each second: 12000.
            self.assertAlmostEqual(amplitude(samples, rate, 1000), 2400, delta=400)
            power = sum(sample * sample for sample in samples) / rate
            self.assertAlmostEqual(math.sqrt(power), 4050, delta=400)

        self.each(AUDIO, lambda spec, *_: f"size=160x90,{COMPRESSED},{spec}", check)


if __name__ == "__main__":
    unittest.main(verbosity=2)
