"""The cameras of the matrix: each codec of pictures and each of sound at least once."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Source:
    """`spec`: as on rill-camera's command line, without the name."""

    name: str
    title: str
    spec: str
    size: tuple[int, int] = (320, 192)
    sound: bool = True


SOURCES = [
    Source("baseline-aac", "H.264 baseline; AAC", "profile=baseline,audio=aac"),
    Source("main-pcma", "H.264 main; G.711 A", "profile=main,audio=pcma"),
    Source("high-b-pcmu", "H.264 high, 2 B-frames; G.711 µ", "profile=high,bframes=2,audio=pcmu"),
    Source("h265-opus", "H.265 main; Opus", "codec=h265,audio=opus"),
    Source("h265-10-lpcm", "H.265 main 10; LPCM", "codec=h265,profile=main10,audio=lpcm"),
    Source("mjpeg-none", "MJPEG; none", "codec=mjpeg", size=(640, 384), sound=False),
    Source("high422-g722", "H.264 high 4:2:2 10; G.722", "profile=high422,audio=g722"),
    Source("interlaced-aac", "H.264 interlaced; AAC", "scan=interlaced,audio=aac"),
    Source("cropped-opus", "H.264, 322x182; Opus", "audio=opus", size=(322, 182)),
    Source("portrait-pcmu", "H.265, 240x416; G.711 µ", "codec=h265,audio=pcmu", size=(240, 416)),
]


def camera_arguments(sources):
    """Small and slow enough for all of them on one machine; short groups, so that everybody begins soon."""
    return [f"{source.name}:size={source.size[0]}x{source.size[1]},fps=15,{source.spec}" + ("" if "mjpeg" in source.spec else ",gop=1s,bitrate=600k")
            for source in sources]
