"""Time and memory of calls."""

import ctypes
import gc
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from synths.benchmark.peers import Call, Work

_PROC = Path("/proc/self")
_COPIED_BYTES, _N_COPIES = 1 << 28, 10


class Measured(NamedTuple):
    """Wall seconds of each call, and the memory of one in bytes, where it can be measured."""

    wall_s: list[float]
    peak_bytes: int | None

    @property
    def median_s(self) -> float:
        return statistics.median(self.wall_s)


@torch.no_grad()
def measure(
    prepares: Mapping[str, Callable[[Work], Call]], work: Work, repeats: int, left_out: dict[str, str]
) -> dict[str, Measured]:
    """Give every peer the same work.

    Each is called once to warm up, which compiles it, once for its memory, and then `repeats` times in
    turn with the others, so that all meet the same load.

    Args:
        prepares: name -> from the work, the call that does it.
        work: what they do.
        repeats: timed calls each.
        left_out: receives the names of peers that fail, each with the reason.
    """
    calls, peaks = {}, {}
    for name, prepare in prepares.items():
        print(f"{name}: {work.batch} sounds of {work.seconds:g} s", file=sys.stderr, flush=True)
        try:
            with warnings.catch_warnings():
                # Not compiled would be measured as compiled.
                warnings.filterwarnings("error", message="could not compile")
                call = prepare(work)
                call()
            peaks[name] = peak_bytes(call, work.device)
            calls[name] = call
        # Not installed, no such device, out of memory, not compiled.
        except (ImportError, RuntimeError, MemoryError, UserWarning) as error:
            left_out[name] = str(error).partition("\n")[0]
            print(f"{name}: left out: {left_out[name]}", file=sys.stderr, flush=True)
    times = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(wall_s(call, work.device))
    return {name: Measured(times[name], peaks[name]) for name in calls}


def wall_s(call: Call, device: str) -> float:
    """Seconds until the result is there; letting go of it is not counted."""
    _finish(device)
    start = time.perf_counter()
    result = call()
    _finish(device)
    elapsed_s = time.perf_counter() - start
    del result
    return elapsed_s


def peak_bytes(call: Call, device: str) -> int | None:
    """Memory of a call at its highest, above what was held before it; its result counts.

    On a GPU this is what torch's allocator handed out, and None for other frameworks. On
    Linux it is resident memory (VmHWM, set back before the call): all that the process touched, whatever
    allocated it. Freed memory that the C library kept is returned first, since a call could reuse it unseen.
    Elsewhere there is no figure.
    """
    gc.collect()
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        result = call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before if isinstance(result, torch.Tensor) else None
    try:
        ctypes.CDLL(None).malloc_trim(0)
        before = _kept_bytes(_PROC / "status", "VmRSS")
        (_PROC / "clear_refs").write_text("5")
    except (OSError, AttributeError, TypeError):  # another system, another C library
        return None
    result = call()
    peak = _kept_bytes(_PROC / "status", "VmHWM")
    del result
    return peak - before


def free_bytes(device: str) -> int | None:
    """Memory that is free for a call; None where the system does not say."""
    if device == "cuda":
        torch.cuda.empty_cache()
        return torch.cuda.mem_get_info()[0]
    meminfo = Path("/proc/meminfo")
    return _kept_bytes(meminfo, "MemAvailable") if meminfo.exists() else None


def copy_bytes_per_s(device: str) -> float:
    """Bytes that a large copy reads and writes in a second: the speed of this memory."""
    source = torch.ones(_COPIED_BYTES, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)
    elapsed_s = wall_s(lambda: [target.copy_(source) for _ in range(_N_COPIES)], device)
    return 2 * _COPIED_BYTES * _N_COPIES / elapsed_s


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Slope of log cost over log size, by least squares over the larger half of the sizes; 1 is linear."""
    points = sorted(zip(sizes, costs, strict=True))
    points = points[min(len(points) // 2, len(points) - 2) :]
    if len({size for size, _ in points}) < 2:
        return None
    x, y = ([math.log(point[i]) for point in points] for i in (0, 1))
    return statistics.linear_regression(x, y).slope


def _finish(device: str) -> Any:
    return torch.cuda.synchronize() if device == "cuda" else None


def _kept_bytes(path: Path, name: str) -> int:
    line = next(line for line in path.read_text().splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024  # "VmRSS:  13544 kB"
