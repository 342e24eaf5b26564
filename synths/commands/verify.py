"""Check a corpus that `render --shards` wrote.

Compares the checksums of all shards with those of the manifest, renders a random 1 % of the sounds again, and names
what differs. Ends with an error if anything does.

On another processor, or with another version of PyTorch, a sound may differ in the last bits: --tolerance 0.0001.

examples:
  python -m synths render voice -n 100000 --shards --out corpus/
  python -m synths verify corpus/
  python -m synths verify corpus/ --share 0.1 --seed 7 --tolerance 0.0001
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable
from pathlib import Path

from synths.command_line.progress import add_quiet, track
from synths.command_line.usage import UsageError, naming
from synths.commands import _options
from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Manifest
from synths.corpus.recipe import Recipe
from synths.corpus.verification import check_files, check_sounds, chosen
from synths.finding import SYNTHS

_MOST_NAMED = 20


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, help="folder that `render --shards` wrote")
    parser.add_argument("--share", type=_share, default=0.01, help="share of the sounds to render (default: 0.01)")
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for their choice (default: 0)")
    parser.add_argument(
        "--tolerance",
        type=_options.not_negative,
        default=0.0,
        metavar="X",
        help="allowed difference of a sample in [-1, 1], and of a parameter as a share of it (default: 0)",
    )
    parser.add_argument("--synth", help="the synth, if it is package.module:Class: its code is run")
    parser.add_argument("--labels", metavar="PACKAGE", help="the package of the labels, if there are any: it is run")
    add_quiet(parser)


def run(args: Namespace) -> None:
    with naming(str(args.corpus), (ValueError, TypeError, OSError)):
        manifest = Manifest(args.corpus)
        renderer = Renderer(_recipe(manifest.require_head().recipe, args))
    progress = {"quiet": args.quiet, "transient": True}
    n_shards, starts = len(manifest.shards), chosen(manifest, renderer, args.share, args.seed)
    n_wrong = _report(track(check_files(manifest), "checksums", total=n_shards, **progress))[1]
    sounds = check_sounds(manifest, renderer, starts, args.tolerance)
    with naming(str(args.corpus), (ValueError, MemoryError)):
        n_sounds, n_different = _report(track(sounds, "rendering", total=len(starts) * renderer.n_rows, **progress))
    n_there = sum(line["n"] for line in manifest.shards.values())
    print(
        f"{n_there} sounds in {n_shards} shards{'' if manifest.n_sounds else ' so far'}: {n_wrong} shards are wrong; "
        f"{n_sounds} files were rendered again: {n_different} differ"
    )
    if n_wrong:
        raise UsageError(f"{args.corpus}: remove the wrong shards and run the command of render again")
    if n_different:
        versions = ", ".join(f"{name} {version}" for name, version in manifest.made_with.items())
        raise UsageError(f"{args.corpus}: sounds differ; the corpus was made with {versions}; see --tolerance")


def _recipe(recipe: Recipe, args: Namespace) -> Recipe:
    """The recipe of a manifest, which may be a stranger's: it runs only what is known or what the caller names."""
    if recipe.synth not in SYNTHS.names() and recipe.synth != args.synth:
        raise ValueError(f"sounds of {recipe.synth}; add --synth {recipe.synth} to run its code")
    if recipe.labels not in (None, args.labels):
        raise ValueError(f"labels of {recipe.labels}; add --labels {recipe.labels} to run its code")
    return recipe


def _report(results: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Print what is wrong; returns the number of results, and of those that are wrong."""
    n, n_wrong = 0, 0
    for name, wrong in results:
        n += 1
        if wrong:
            n_wrong += 1
            if n_wrong <= _MOST_NAMED:
                print(f"{name} {wrong}")
            elif n_wrong == _MOST_NAMED + 1:
                print("...")
    return n, n_wrong


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ArgumentTypeError(f"expected a number above 0, at most 1; got {text!r}")
    return share
