"""Render into the shards of a corpus."""

import os
from argparse import Namespace
from contextlib import closing
from functools import partial
from pathlib import Path

from synths.corpus import on_ray, processes
from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Head
from synths.corpus.writing import write
from synths.usage import naming

SHARD_SIZE = 1000


def write_shards(path: Path, renderer: Renderer, args: Namespace) -> int:
    """Write the shards that are not there yet; returns the number of files in them."""
    from rich.console import Console
    from rich.progress import Progress

    if args.ray:
        engine = partial(on_ray.run, address=args.ray, n_processes=args.processes)
    else:
        engine = partial(processes.run, n_processes=args.processes or _n_cpus())
    head = Head(renderer.recipe, args.first, args.shard_size or SHARD_SIZE)
    console, n_written = Console(stderr=True), 0
    with (
        naming(f"--out {path}"),
        closing(write(path, head, args.n, engine)) as written,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
    ):
        bar = progress.add_task("rendering", total=args.n)
        for n in written:
            n_written += n
            progress.advance(bar, n)
    return n_written * renderer.recipe.n_views


def _n_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
