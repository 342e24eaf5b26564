"""Render a MIDI file: every note by an instrument, mixed in stereo."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from torch import Tensor

from synths import files
from synths.command_line.progress import track
from synths.command_line.usage import UsageError, exiting_on_sigterm, naming, require_file
from synths.commands import _options
from synths.commands._render_speed import speed
from synths.commands._tracks import DRUM_CHANNEL, Tracks, patch
from synths.files import encoding
from synths.notes.limiter import limit
from synths.notes.midi import Score, read_midi
from synths.notes.mixing import LONGEST_NOTE_S, Part, PartNote, mix
from synths.notes.note_synth import NoteSynth

# Flags of `render` that say which sounds to draw, or how to store many of them.
_OTHERS = ("n", "first", "seconds", "distribution", "doppelgangers", "delta", "labels", "compile", "fade_out")
_OTHERS += ("shards", "shard_size", "processes", "ray")
_SILENCE = 1e-7


def configure(parser: ArgumentParser) -> None:
    """--midi and --tracks."""
    group = parser.add_argument_group("MIDI")
    group.add_argument(
        "--midi",
        type=Path,
        metavar="FILE",
        help="play a MIDI file, in stereo; the synth's knobs are in the middle of "
        "what --preset and --set leave of their ranges",
    )
    group.add_argument(
        "--tracks",
        type=Path,
        metavar="FILE",
        help="YAML: a track's name or number, or channel N -> any of synth, "
        "preset, keys (MIDI note number: preset), gain_db, pan (-1 to 1)",
    )


def check(args: Namespace) -> None:
    """Raises UsageError where flags do not go together with --midi."""
    for name in _OTHERS:
        if getattr(args, name) != getattr(args.defaults, name):
            flag = f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} has no effect with --midi; leave it out")
    if args.normalize not in (None, "peak"):
        raise UsageError(f"--normalize {args.normalize}: expected peak with --midi")
    if args.out.suffix[1:].lower() not in encoding.FORMATS:
        raise UsageError(f"--out {args.out}: expected a .wav or .flac file for --midi")
    require_file(args.out)


def run(args: Namespace, file_format: str) -> None:
    """Render args.midi into args.out, a file of that format."""
    with naming("--midi", (ValueError, OSError, ImportError)):
        score = read_midi(args.midi)
    voice = _options.build(args, NoteSynth)
    default = Part(voice, patch(voice, args.synth, None).to(args.device or "cpu"))
    settings = {"sample_rate": voice.sample_rate} | ({"oversample": args.oversample} if args.oversample else {})
    with naming(f"--tracks {args.tracks}", (ValueError, OSError)):
        tracks = Tracks.read(args.tracks, default, args.synth, score, settings)
    played = [PartNote(note, part) for note in score.notes if (part := tracks.of(note))]
    _name_what_is_left_out(score, played, args.midi)
    start = time.perf_counter()
    with naming(f"--midi {args.midi}"):
        sound = _mix(score, played, voice.sample_rate, args.seed, args.quiet)
    sound = _level(sound, voice.sample_rate, args.normalize)
    with naming("--format, --subtype, --sample-rate"):
        data = encoding.encode(sound, voice.sample_rate, file_format, args.subtype)
    with naming(f"--out {args.out}", OSError), exiting_on_sigterm():
        args.out.parent.mkdir(parents=True, exist_ok=True)
        files.write(args.out, data)
    sound_s, elapsed_s = sound.shape[1] / voice.sample_rate, time.perf_counter() - start
    print(f"wrote {len(played)} note{'' if len(played) == 1 else 's'} to {args.out}: {speed(sound_s, elapsed_s)}")


def _mix(score: Score, played: list[PartNote], sample_rate: int, seed: int, quiet: bool) -> Tensor:
    def progress(numbers):
        return track(numbers, "playing", quiet=quiet, transient=True)

    try:
        return mix(score, played, sample_rate, seed, progress)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error) and "allocate" not in str(error):
            raise
        raise ValueError("not enough memory; lower --sample-rate, or cut the file") from None


def _level(sound: Tensor, sample_rate: int, normalize: str | None) -> Tensor:
    """Limited; or scaled to a peak of 1 in place of that."""
    peak = sound.abs().max()
    if normalize == "peak":
        return sound / peak if peak > _SILENCE else sound
    return limit(sound, sample_rate)


def _name_what_is_left_out(score: Score, played: list[PartNote], midi: Path) -> None:
    """One line on stderr for each thing in the file that has no effect."""
    lines = [f"no effect: {', '.join(score.ignored)}"] if score.ignored else []
    n_drums = len(score.notes) - len(played)
    if n_drums:
        channel = f"channel {DRUM_CHANNEL + 1}"
        lines.append(
            f"{channel} (drums, {n_drums} notes) is left out: name its synth in --tracks, {channel}: {{synth: drum}}"
        )
    bent = {note.channel for note in score.notes if score.channels[note.channel].bend.moves}
    voices = {part.voice for note, part in played if note.channel in bent}
    rigid = sorted({voice.short_name() for voice in voices if not voice.touch.bends})
    if rigid:
        lines.append(f"{', '.join(rigid)}: the pitch wheel sets where a note starts, and does not bend it later")
    n_long = sum(note.seconds > LONGEST_NOTE_S for note, _ in played)
    if n_long:
        lines.append(f"{n_long} notes are longer than {LONGEST_NOTE_S:g} s, and are released then")
    for line in lines:
        print(f"{midi}: {line}", file=sys.stderr)
