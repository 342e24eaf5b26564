"""Write sounds, and the parameters that made them.

Writes SYNTH-000000.wav, SYNTH-000001.wav, ... (16-bit PCM) and sounds.jsonl, one JSON line a sound: file, synth,
index, seed, sample_rate, seconds, and parameters in their physical units. Sound number i of a seed is always the same
file, whichever others are rendered with it. Doppelgängers are SYNTH-000000-a.wav, -b, ...; their lines also hold
view and delta.

Sounds that are in the folder already, with the same label, are skipped: after an interruption the same command goes
on. A folder that holds another sound under the same name, of another seed say, is refused.

examples:
  python -m synths render voice -n 16 --seed 0 --out sounds/
  python -m synths render voice -n 4 --first 100 --format flac --set keyboard.midi_f0=40:80 --set keyboard.duration=1
  python -m synths render voice -n 8 --doppelgangers 4 --delta 0.25 --out pairs/
  python -m synths render voice --first 7 --out seventh.flac
"""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from string import ascii_lowercase

from synths import files
from synths.commands import _options
from synths.commands._blocks import Sound, rendered
from synths.commands._folder import Label, SoundFolder
from synths.synth import AudioSynth
from synths.usage import UsageError, naming


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("synth", help=_options.SYNTH)
    parser.add_argument("-n", type=_options.whole(1), default=1, help="number of sounds (default: 1)")
    parser.add_argument(
        "--first", type=_options.whole(0), default=0, metavar="INDEX", help="number of the first sound (default: 0)"
    )
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for all random draws (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("sounds"),
        help="a folder (default: sounds/), or for one sound a .wav or .flac file",
    )
    parser.add_argument("--format", choices=files.FORMATS, help="format of the files in a folder (default: wav)")
    _options.add_ranges(parser)
    _options.add_sound(parser)
    parser.add_argument(
        "--doppelgangers",
        type=_options.whole(0, len(ascii_lowercase)),
        default=0,
        metavar="N",
        help="variants of each sound, every parameter moved a little (default: 0)",
    )
    parser.add_argument(
        "--delta",
        type=_options.not_negative,
        help="standard deviation of that move, with parameters in [0, 1] (default: 0.25)",
    )
    parser.add_argument("--compile", action="store_true", help="compile first: faster for thousands of sounds")


def run(args: Namespace) -> None:
    file_format = _format(args)
    if args.delta is not None and not args.doppelgangers:
        raise UsageError(f"--delta {args.delta:g} moves nothing without --doppelgangers; add --doppelgangers 1")
    synth = _options.build(args, AudioSynth)
    if args.compile:
        synth.compile()

    start = time.perf_counter()
    write = _write_file if _is_file(args.out) else _write_folder
    with naming(f"--out {args.out}", OSError):
        n_written = write(args.out, synth, args, file_format)
    elapsed_s, sound_s = time.perf_counter() - start, n_written * synth.n_samples / synth.sample_rate
    n_there = args.n * (1 + args.doppelgangers) - n_written
    print(
        f"wrote {n_written} {'file' if n_written == 1 else 'files'} to {args.out}: {sound_s:.1f} s of sound "
        f"in {elapsed_s:.1f} s, {sound_s / elapsed_s:.0f} times real time"
        + (f"; {n_there} {'was' if n_there == 1 else 'were'} there already" if n_there else "")
    )


def _is_file(out: Path) -> bool:
    return out.suffix[1:].lower() in files.FORMATS


def _format(args: Namespace) -> str:
    """Format of the files; checks that --out, -n and --format agree."""
    out: Path = args.out
    if not _is_file(out):
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out}: expected a folder, or a new name; it is a file")
        return args.format or "wav"
    file_format = out.suffix[1:].lower()
    if args.n > 1 or args.doppelgangers:
        raise UsageError(f"--out {out}: expected a folder for more than one sound; name one, or use -n 1 alone")
    if args.format not in (None, file_format):
        raise UsageError(f"--format {args.format}: --out {out} is {file_format}; leave --format out, or change --out")
    if out.is_dir():
        raise UsageError(f"--out {out}: expected the name of a file; it is a folder")
    return file_format


def _recipe(synth: AudioSynth, args: Namespace) -> Label:
    """What the labels of all sounds of this command hold."""
    return {
        "synth": args.synth,
        "fingerprint": synth.space.fingerprint(),
        "seed": args.seed,
        "sample_rate": synth.sample_rate,
        "seconds": synth.seconds,
        "distribution": synth.distribution,
    }


def _plan(synth: AudioSynth, args: Namespace) -> Iterator[Sound]:
    """Each sound followed by its doppelgängers, without the parameters in their labels."""
    recipe, delta = _recipe(synth, args), 0.25 if args.delta is None else args.delta
    for i in range(args.first, args.first + args.n):
        for view in ["", *ascii_lowercase[: args.doppelgangers]]:
            label = recipe | {"index": i} | ({"view": view, "delta": delta} if view else {})
            yield Sound(f"{synth.short_name()}-{i:06d}" + (f"-{view}" if view else ""), i, view, label)


def _write_folder(path: Path, synth: AudioSynth, args: Namespace, file_format: str) -> int:
    """Write the sounds that are not there yet; returns how many were."""
    from rich.console import Console
    from rich.progress import track

    with naming(f"--out {path}"):
        folder = SoundFolder(path)
        for sound in _plan(synth, args):
            folder.require(f"{sound.name}.{file_format}", sound.label)
    missing = (sound for sound in _plan(synth, args) if not folder.holds(f"{sound.name}.{file_format}"))
    sounds = rendered(synth, missing, file_format)
    first = next(sounds, None)
    if first is None:
        return 0
    # What cannot be rendered or encoded fails before there is a folder.
    folder.open()
    console, n_written = Console(stderr=True), 0
    n_files = args.n * (1 + args.doppelgangers)
    progress = {"total": n_files, "console": console, "disable": not console.is_terminal, "transient": True}
    for sound, data in track(chain([first], sounds), "rendering", **progress):
        with naming(f"--out {path}"):
            folder.require(f"{sound.name}.{file_format}", sound.label)
        folder.add(f"{sound.name}.{file_format}", data, sound.label)
        n_written += 1
    return n_written


def _write_file(path: Path, synth: AudioSynth, args: Namespace, file_format: str) -> int:
    ((_, data),) = rendered(synth, _plan(synth, args), file_format)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, data)
    return 1
