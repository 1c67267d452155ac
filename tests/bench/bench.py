"""Figures of the daemon on this machine, as a table. Not a test: nothing here fails for being slow.

Each figure comes from a run of its own; repeat the run and compare medians before you believe a difference.
"""

import sys

import browser
import control
import frames
import load
import renditions
import stored
import table

BENCHES = {
    "floor": load.floor_costs,
    "viewers": load.viewers,
    "ingest": load.ingest,
    "recording": load.recording,
    "many_paths": load.many_paths,
    "first_packet": load.first_packet,
    "whep_answer": load.whep_answer,
    "first_picture": browser.first_picture,
    "glass_to_glass": browser.glass_to_glass,
    "hls_latency": browser.hls_latency,
    "renditions": renditions.renditions,
    "frames": frames.frames,
    "outage": browser.outage,
    "silent": browser.silent,
    "seek": browser.seek,
    "index": stored.index,
    "playlist": stored.playlist,
    "playback": stored.playback,
    "preview": stored.preview,
    "configuration": control.configuration,
    "api": control.api,
    "authorised": control.authorised,
}


def main():
    chosen = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        sys.exit(f"scripts/bench: no '{unknown[0]}'; there are {', '.join(BENCHES)}")
    table.machine()
    failed = False
    for name in chosen:
        table.heading(name)
        try:
            BENCHES[name]()
        except AssertionError as error:
            print(f"  not measured: {error}", flush=True)
            failed = True
    sys.exit(failed)


main()
