"""Find the parameters of a sound.

Searches by gradient, from the best of many random sounds, for the sound of a synth that is nearest to the target. The
target may be any sound file: its channels are mixed, and it is matched from its first sound on, at equal loudness.
Where target and synth have a pitch, the search begins at that pitch, as pYIN finds it. With --synth auto several voices
begin, and the nearest one goes on. Writes match.wav, at the loudness of the target; theta.json, a preset; and
match.html, a page with players, spectrograms and the parameters. Needs pip install 'doppelganger-audio[match]'.

examples:
  python -m synths match target.wav --synth voice --steps 300
  python -m synths match target.wav --synth auto --seconds 1 --sample-rate 16000 --out found/
  python -m synths match kick.flac --start 1.5 --seconds 2 --fill loop --pitch C2 --out bass/
  python -m synths render voice --preset match/theta.json --out again.wav
"""

import math
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from synths.command_line.devices import existing_device
from synths.command_line.progress import add_quiet, track
from synths.command_line.usage import UsageError, naming, require_folder
from synths.commands import _match_files, _options
from synths.finding import find
from synths.matching import Distance, Match, best_of, match, pitch_of
from synths.matching.page import pitch_text
from synths.matching.pitch import pitch_columns
from synths.matching.several_voices import voices
from synths.matching.target import FILLS, LONGEST_S, Target, read_target
from synths.notes.pitch import midi_pitch
from synths.synth import AudioSynth

_AUTO = "auto"
_NEEDS = "match needs {}; pip install 'doppelganger-audio[match]'"


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("target", type=Path, help="a sound file: wav, flac, ogg, mp3, ...")
    parser.add_argument(
        "--synth", default="voice", help=f"{_options.SYNTH}; or auto, the best of several (default: voice)"
    )
    parser.add_argument("--steps", type=_options.whole(0), default=300, help="steps of the search (default: 300)")
    parser.add_argument("--starts", type=_options.whole(1), default=64, help="random sounds to try first (default: 64)")
    parser.add_argument("--seed", type=_options.whole(0), default=0, help="seed for all random draws (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("match"), help="a folder (default: match/)")
    parser.add_argument(
        "--device", type=existing_device, metavar="NAME", help="where sounds are rendered: cpu (the default), cuda, ..."
    )
    _options.add_ranges(parser)
    _configure_target(parser)

    add_quiet(parser)


def _configure_target(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("target")
    group.add_argument("--sample-rate", type=_options.whole(1), metavar="HZ", help="default: the target's own")
    group.add_argument(
        "--start", type=_options.not_negative, metavar="S", help="where to start in the file (default: its first sound)"
    )
    group.add_argument(
        "--seconds",
        type=_options.positive,
        metavar="S",
        help=f"length of what is matched (default: what there is, at most {LONGEST_S:g})",
    )
    group.add_argument(
        "--fill",
        choices=FILLS,
        default="silence",
        help="what follows a target shorter than --seconds (default: silence)",
    )
    group.add_argument(
        "--pitch", type=_pitch, metavar="NOTE", help="such as C4, 60 or '440 Hz'; or none (default: as pYIN finds it)"
    )
    group.add_argument("--clipped", action="store_true", help="match a target although it is clipped")


def run(args: Namespace) -> None:
    require_folder(args.out)
    if args.synth != _AUTO:
        with naming("--synth"):
            find(args.synth, AudioSynth)
    with naming(_NEEDS.format("matplotlib"), ImportError):
        import matplotlib.figure  # noqa: F401  (better now than after the search)
    target = _target(args)
    synths = _synths(args, target)
    pitch = _target_pitch(args, target, synths)
    start = time.perf_counter()
    name, found = _search(args, synths, target.sound.to(args.device or "cpu"), pitch)
    elapsed_s = time.perf_counter() - start
    _match_files.write(args, name, synths[name], target, pitch, found)
    last, first = found.loss.item(), found.history[0].item()
    print(f"{name}: distance {last:.3f}, from {first:.3f} for the best of its {args.starts} starts")
    print(f"rendered {found.n_renders} sounds in {elapsed_s:.1f} s")
    print(f"wrote match.wav, theta.json and match.html to {args.out}")


def _target(args: Namespace) -> Target:
    options = {"sample_rate": args.sample_rate, "start_s": args.start, "seconds": args.seconds}
    with naming(f"TARGET {args.target}", (ValueError, OSError)), naming(_NEEDS.format("scipy"), ImportError):
        try:
            target = read_target(args.target, **options, fill=args.fill, clipped=args.clipped)
            Distance(target.sound[None])  # a target that is too short is refused now
        except ValueError as error:
            more = "; add --clipped to match it as it is" if "clipped" in str(error) else ""
            raise ValueError(f"{error}{more}") from error
    left_s = target.file_s - target.start_s
    if args.seconds is None and left_s > LONGEST_S + 1e-3:
        print(f"{args.target} lasts {target.file_s:.1f} s: {LONGEST_S:g} s of it are matched (see --start, --seconds)")
    if args.start is None and target.start_s > 0.01:
        print(f"{args.target} is matched from its first sound on, at {target.start_s:.2f} s (see --start)")
    return target


def _synths(args: Namespace, target: Target) -> dict[str, AudioSynth]:
    """The synth, or those of "auto", as long as the target."""
    settings = vars(args) | {"sample_rate": target.sample_rate, "seconds": target.seconds}
    if args.synth != _AUTO:
        return {args.synth: _options.build(Namespace(**settings), AudioSynth)}
    if args.set or args.preset:
        raise UsageError("--set, --preset: expected one synth; --synth auto tries several")
    return {name: _options.build(Namespace(**settings | {"synth": name}), AudioSynth) for name in voices()}


def _target_pitch(args: Namespace, target: Target, synths: Mapping[str, AudioSynth]) -> float:
    """MIDI note number; NaN where there is none, or none is needed."""
    if args.pitch is not None or not any(pitch_columns(synth.space) for synth in synths.values()):
        return math.nan if args.pitch is None else args.pitch
    with naming(_NEEDS.format("librosa"), ImportError):
        pitch = pitch_of(target.sound, target.sample_rate)
    if math.isfinite(pitch):
        print(f"{args.target} has the pitch {pitch_text(pitch)} (see --pitch)")
    return pitch


def _search(args: Namespace, synths: Mapping[str, AudioSynth], target: Tensor, pitch: float) -> tuple[str, Match]:
    progress = partial(track, description="matching", quiet=args.quiet, transient=True)
    # With the noise of sound 0: `render --preset` plays the match again.
    options = {"steps": args.steps, "n_starts": args.starts, "seed": args.seed, "noise_of": 0}
    pitches = torch.tensor([pitch], dtype=torch.float64) if math.isfinite(pitch) else None
    with naming(f"match {args.target}"), naming(_NEEDS.format("librosa"), ImportError):
        if args.synth == _AUTO:
            return best_of(synths, target[None], pitch=pitches, progress=progress, **options)
        ((name, synth),) = synths.items()
        return name, match(synth, target[None], pitch=pitches, progress=progress, **options)


def _pitch(text: str) -> float:
    """Type of --pitch: a MIDI note number, NaN for none."""
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        return math.nan if text == "none" else midi_pitch(text if number is None else number)
    except ValueError as error:
        raise ArgumentTypeError(f"{error}, or none") from None
