"""Write sounds, and the parameters that made them.

Writes SYNTH-000000.wav, SYNTH-000001.wav, ... (16-bit PCM) and sounds.jsonl, one JSON line per sound: file, synth,
index, seed, sample_rate, seconds, and parameters in their physical units. Sound number i of a seed is always the same
file, whichever others are rendered with it. Doppelgängers are SYNTH-000000-a.wav, -b, ...; their lines also hold
view and delta.

With --shards: writes tar files of 1,000 sounds each, SYNTH-000000.flac with SYNTH-000000.json in them, as WebDataset
reads them, and manifest.jsonl with their checksums. Uses all cores, or a Ray cluster. `verify` checks the result.

With --midi: plays a MIDI file instead, in stereo, into one file. Sustain pedal, pitch wheel, pan and volume have
effect; what has none is named on stderr. A limiter turns the mix down where it would exceed full scale.

After an interruption the same command goes on: what is in the folder already is left as it is. A folder with sounds
of another recipe, such as another seed, is refused.

examples:
  python -m synths render voice -n 16 --seed 0 --out sounds/
  python -m synths render voice -n 4 --first 100 --format flac --set keyboard.midi_f0=40:80 --set keyboard.duration=1
  python -m synths render voice -n 8 --doppelgangers 4 --delta 0.25 --out pairs/
  python -m synths render voice --first 7 --normalize peak --fade-out 0.1 --out seventh.flac
  python -m synths render voice -n 1000000 --seed 0 --shards --compile --out corpus/
  python -m synths render subtractive --midi song.mid --preset bass --out song.wav
  python -m synths render voice -n 1000000 --seed 0 --shards --ray auto --labels doppelganger --out /shared/corpus/
"""

import os
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from string import ascii_lowercase

from synths.command_line.progress import add_quiet
from synths.command_line.usage import UsageError, exiting_on_sigterm, naming, require_file, require_folder
from synths.commands import _options, _render_midi, _render_speed
from synths.commands._render_files import naming_rendering, write_file, write_folder
from synths.commands._render_shards import SHARD_SIZE, write_shards
from synths.corpus.blocks import Renderer
from synths.corpus.recipe import Recipe
from synths.corpus.sound_format import LEVELS, SoundFormat
from synths.engines import add_flags
from synths.files import encoding
from synths.synth import AudioSynth

# How files of other formats end: nobody means a folder by such a name.
_OTHER_SOUNDS = {".aif", ".aiff", ".m4a", ".mp3", ".ogg", ".opus"}


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
    _render_speed.configure(parser)
    parser.add_argument(
        "--labels",
        metavar="PACKAGE",
        help="more labels: doppelganger adds facts, tags, a caption and events; or package.module:function",
    )
    _configure_files(parser)
    _configure_shards(parser)
    _render_midi.configure(parser)
    parser.set_defaults(defaults=Namespace(**{action.dest: action.default for action in parser._actions}))
    add_quiet(parser)  # of every way of rendering


def _configure_files(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("files")
    group.add_argument("--format", choices=encoding.FORMATS, help="format of the files (default: wav; flac in shards)")
    group.add_argument("--subtype", choices=encoding.SUBTYPES, default="pcm_16", help="samples (default: pcm_16)")
    group.add_argument(
        "--normalize", choices=LEVELS, help="scale each sound to a peak of 1, an RMS level of -20 dB, or -23 LUFS"
    )
    group.add_argument(
        "--fade-out", type=_options.positive, metavar="S", help="fade out over the last S seconds of each sound"
    )


def _configure_shards(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("shards")
    group.add_argument("--shards", action="store_true", help="write tar shards and a manifest")
    group.add_argument(
        "--shard-size", type=_options.whole(1), metavar="N", help=f"sounds in a shard (default: {SHARD_SIZE})"
    )
    add_flags(group, "default: all cores")


def run(args: Namespace) -> None:
    if args.midi:
        _render_midi.check(args)
    sound_format = _sound_format(args)
    if args.midi:
        return _render_midi.run(args, sound_format.file_format)
    _check(args)
    synth, settings = _options.build_and_settings(args, AudioSynth, ("sample_rate", "seconds"))
    if args.fade_out and args.fade_out > synth.seconds:
        raise UsageError(f"--fade-out {args.fade_out:g}: expected at most the {synth.seconds:g} s of a sound")
    with naming("--normalize"):
        sound_format.require(synth.sample_rate)
    others = {} if args.delta is None else {"delta": args.delta}
    recipe = Recipe.of(
        synth,
        args.synth,
        settings,
        seed=args.seed,
        sound_format=sound_format,
        n_doppelgangers=args.doppelgangers,
        labels=args.labels,
        compiled=_render_speed.compiles(args, synth),
        **others,
    )
    write = write_shards if args.shards else write_file if _is_file(args.out) else write_folder
    with naming(f"--labels {args.labels}"):
        renderer = Renderer(recipe, synth, args.device or "cpu")
    with naming_rendering():
        _render_speed.warm_up(args, renderer)
    start = time.perf_counter()
    with naming(f"--out {args.out}", OSError), naming_rendering(), exiting_on_sigterm():
        n_written = write(args.out, renderer, args)
    _report(args, synth, n_written, time.perf_counter() - start)


def _report(args: Namespace, synth: AudioSynth, n_written: int, elapsed_s: float) -> None:
    kind = "sound" if args.shards else "file"
    sound_s = n_written * synth.n_samples / synth.sample_rate
    n_there = args.n * (1 + args.doppelgangers) - n_written
    print(
        f"wrote {n_written} {kind}{'' if n_written == 1 else 's'} to {args.out}: "
        + _render_speed.speed(sound_s, elapsed_s)
        + (f"; {n_there} {'was' if n_there == 1 else 'were'} there already" if n_there else "")
    )


def _check(args: Namespace) -> None:
    if args.delta is not None and not args.doppelgangers:
        raise UsageError(f"--delta {args.delta:g} moves nothing without --doppelgangers; add --doppelgangers 1")
    if args.tracks is not None:
        raise UsageError("--tracks has no effect without --midi; add --midi")
    if args.shards and args.device is not None:
        raise UsageError("--device has no effect with --shards, which are rendered on CPUs; leave it out")
    if not args.shards:
        for name in ("shard_size", "processes", "ray"):
            if getattr(args, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} has no effect without --shards; add --shards")


def _is_file(out: Path) -> bool:
    return out.suffix[1:].lower() in encoding.FORMATS


def _sound_format(args: Namespace) -> SoundFormat:
    """How sounds become files; checks that --out, -n, --shards, --format and --subtype agree."""
    file_format = _file_format(args)
    if args.subtype == "float" and file_format != "wav":
        raise UsageError(f"--subtype float: {file_format} holds no floats; add --format wav, or use --subtype pcm_24")
    return SoundFormat(file_format, args.subtype, args.normalize, args.fade_out or 0.0)


def _file_format(args: Namespace) -> str:
    out: Path = args.out
    if not _is_file(out):
        if out.suffix.lower() in _OTHER_SOUNDS and not os.path.isdir(out):
            raise UsageError(f"--out {out}: expected a folder, or a .wav or .flac file; {out.suffix} is not written")
        require_folder(out)
        return args.format or ("flac" if args.shards else "wav")
    if args.shards:
        raise UsageError(f"--out {out}: expected a folder for --shards; name one")
    file_format = out.suffix[1:].lower()
    if args.n > 1 or args.doppelgangers:
        raise UsageError(f"--out {out}: expected a folder for more than one sound; name one, or use -n 1 alone")
    if args.format not in (None, file_format):
        raise UsageError(f"--format {args.format}: --out {out} is {file_format}; leave --format out, or change --out")
    require_file(out)
    return file_format
