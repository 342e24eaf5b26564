"""How `render` is fast, and how fast it was."""

import time
from argparse import ArgumentParser, BooleanOptionalAction, Namespace

import torch

from synths.command_line.devices import existing_device
from synths.command_line.usage import naming
from synths.commands._folder import SoundFolder
from synths.corpus.blocks import Renderer
from synths.corpus.manifest import Manifest
from synths.synth import AudioSynth

# From so many samples on, compiling saves more than it takes, in each of eight processes too: 37 hours at 16 kHz, 13
# hours at 44.1 kHz. Cores do not count: the same command makes the same files on any machine.
_COMPILES = 1 << 31

# Shorter runs are mostly start-up.
_LONG_S = 5.0


def configure(parser: ArgumentParser) -> None:
    """--compile, --no-compile and --device."""
    parser.add_argument(
        "--compile",
        action=BooleanOptionalAction,
        help="compile first, which takes up to minutes (default: from 37 hours of sound at 16 kHz on)",
    )
    parser.add_argument(
        "--device", type=existing_device, metavar="NAME", help="where sounds are rendered: cpu (the default), cuda, ..."
    )


def compiles(args: Namespace, synth: AudioSynth) -> bool:
    """Whether to compile. A corpus or folder goes on as it was begun: compiled kernels round in another way."""
    if args.compile is not None:
        return args.compile
    with naming(f"--out {args.out}", (ValueError, OSError)):
        begun = _begun_compiled(args)
    return args.n * (1 + args.doppelgangers) * synth.n_samples >= _COMPILES if begun is None else begun


def _begun_compiled(args: Namespace) -> bool | None:
    """Whether what --out holds was compiled; None where it holds nothing."""
    if not args.shards:
        return SoundFolder(args.out).compiled()
    head = Manifest(args.out).head
    return head.recipe.compiled if head else None


def warm_up(args: Namespace, renderer: Renderer) -> None:
    """Compile now, where this process renders, so that it does not count as rendering."""
    if not renderer.recipe.compiled or args.shards:
        return
    start = time.perf_counter()
    with torch.no_grad():
        next(renderer.render(renderer.sounds(args.first, 1)))
    print(f"compiled in {time.perf_counter() - start:.1f} s")


def speed(sound_s: float, elapsed_s: float) -> str:
    """Length of what was rendered and wall time, and their ratio where the time is long enough to mean something."""
    text = f"{sound_s:.1f} s of sound in {elapsed_s:.1f} s"
    return text if elapsed_s < _LONG_S or not sound_s else f"{text}, {sound_s / elapsed_s:.3g} times real time"
