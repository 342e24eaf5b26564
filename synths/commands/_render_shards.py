"""Render into the shards of a corpus."""

from argparse import Namespace
from contextlib import closing
from pathlib import Path

from synths.command_line.progress import bars
from synths.command_line.usage import naming
from synths.commands._render_files import naming_rendering
from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Head
from synths.corpus.writing import write
from synths.engines import engine_of, in_this_process, n_cpus

SHARD_SIZE = 1000


def write_shards(path: Path, renderer: Renderer, args: Namespace) -> int:
    """Write the shards that are not there yet; returns the number of files in them."""
    if not args.ray:
        args.processes = args.processes or n_cpus()
    head = Head(renderer.recipe, args.first, args.shard_size or SHARD_SIZE)
    n_written = 0
    with (
        naming(f"--out {path}"),
        closing(write(path, head, args.n, engine_of(args) or in_this_process)) as written,
        bars(args.quiet, transient=True) as progress,
    ):
        bar = progress.add_task("rendering", total=args.n)
        with naming_rendering():
            for n in written:
                n_written += n
                progress.advance(bar, n)
    return n_written * renderer.recipe.n_views
