"""What scripts/bench prints."""

import os
import statistics


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    print(f"{os.cpu_count()} cores, {models[0] if models else os.uname().machine}, Linux {os.uname().release}")


def heading(bench):
    # Above the number of cores, somebody else is measured too.
    print(f"\n{bench}   (load average before: {os.getloadavg()[0]:.2f})", flush=True)


def row(what, value, goal="", peers="", floor=""):
    beside = [f"{name} {figure}" for name, figure in (("goal", goal), ("peers:", peers), ("floor:", floor)) if figure]
    print(f"  {what:<66} {value:<24} {'; '.join(beside)}".rstrip(), flush=True)


def percentile(values, share):
    """The smallest value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(value):
    return f"{value:.0f} ms"


def median_and_range(values):
    return f"{statistics.median(values):.0f} ms, {min(values):.0f}-{max(values):.0f}"


def median_and_worst(values):
    return f"{statistics.median(values):.0f} ms, {max(values):.0f} ms"


def p50_and_p95(values):
    return f"{percentile(values, 0.50):.0f} ms, {percentile(values, 0.95):.0f} ms"
