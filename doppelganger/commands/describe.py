"""Describe a sound by a caption, facts and tags.

A file is described by measurements. A sound of a synth is described by the audible facts of its theta as well, and by
the parameters with the largest effect on it. Inaudible facts are not printed.

examples:
  python -m doppelganger describe sounds/bell.wav
  python -m doppelganger describe --synth modal --index 7
  python -m doppelganger describe --synth soundscape --index 3 --json
"""

import json
import warnings
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from torch import Tensor

from doppelganger.embedding.audio import UnusableClip, read_blocks
from doppelganger.embedding.windows import beginning
from doppelganger.labels.base_labeller import BaseLabeller
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Labels
from doppelganger.labels.measure.frames import cut
from doppelganger.labels.plain_labels import plain_labels
from doppelganger.labels.recording_labeller import RecordingLabeller
from synths.bank import SynthBank
from synths.finding import find
from synths.synth import AudioSynth

_SAMPLE_RATE = 16000
_N_KNOBS, _BLOCK = 12, 16
_STEP, _AUDIBLE = 0.1, 0.01
_MOST_S = 60.0


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?", help="a sound file; its first minute is described")
    parser.add_argument(
        "--synth",
        metavar="NAME",
        help="describe a sound of this synth (python -m synths list), or of package.module:Class",
    )
    parser.add_argument("--index", type=int, metavar="I", help="index of the synth's sound (0)")
    parser.add_argument("--seed", type=int, default=0, help="seed for the sound and for the wording (%(default)s)")
    parser.add_argument("--seconds", type=float, metavar="S", help="length of the synth's sound (the synth's default)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: Namespace) -> None:
    if (args.file is None) == (args.synth is None):
        raise ValueError("expected a sound file or --synth NAME, one of them")
    if args.seconds is not None and (args.synth is None or not args.seconds > 0):
        raise ValueError("--seconds: expected a number above 0, and --synth")
    if args.index is not None and args.synth is None:
        raise ValueError("--index: expected --synth; a file has none")
    description = _of_synth(args) if args.synth else _of_file(args.file, args.seed)
    if args.json:
        print(json.dumps(description, indent=2))
    else:
        _show(description)


def _of_file(path: Path, seed: int) -> dict[str, Any]:
    try:
        sound = torch.from_numpy(beginning(read_blocks(path, _SAMPLE_RATE), round(_MOST_S * _SAMPLE_RATE)))
    except UnusableClip as error:
        raise UnusableClip(f"{path}: {error}") from None
    labeller = RecordingLabeller(_SAMPLE_RATE, seed)
    return _describe(labeller, labeller(torch.zeros(1, dtype=torch.int64), sound[None]))


def _of_synth(args: Namespace) -> dict[str, Any]:
    synth = find(args.synth, AudioSynth)(**({} if args.seconds is None else {"seconds": args.seconds}))
    index = torch.tensor([args.index or 0])
    theta = synth.sample(index, args.seed)
    with warnings.catch_warnings(record=True) as notices:
        warnings.simplefilter("always")
        labeller = Labeller(synth, args.seed)
    with torch.inference_mode():
        description = _describe(labeller, labeller(index, theta, synth.play(index, args.seed)))
        knobs = _knobs(synth, index, theta, args.seed) if description["facts"] else []
    notes = [str(notice.message) for notice in notices]
    return {"parameters": knobs, **description, **({"notes": notes} if notes else {})}


def _describe(labeller: BaseLabeller, labels: Labels) -> dict[str, Any]:
    plain = plain_labels(labeller, labels)
    facts = [
        {"name": fact.name, "value": value, "unit": fact.unit, "meaning": fact.doc} for fact, value in plain.present
    ]
    return {"caption": plain.caption, "facts": facts, "tags": plain.by_aspect}


def _knobs(synth: AudioSynth, index: Tensor, theta: Tensor, seed: int) -> list[dict[str, Any]]:
    """The parameters with the largest effect on the sound, each moved by a tenth of its range towards the middle."""
    there = synth.mask(theta)[0] if isinstance(synth, SynthBank) else torch.ones(len(synth.space), dtype=torch.bool)
    there &= torch.tensor([p.low < p.high for p in synth.space])
    moved = there.nonzero()[:, 0]
    key, spectrograms = synth.noise_key(index, seed), []
    for some in torch.cat([torch.tensor([-1]), moved]).split(_BLOCK):
        row = torch.arange(len(some))
        near = theta.repeat(len(some), 1)
        near[row, some] += torch.where(near[row, some] < 0.5, _STEP, -_STEP) * (some >= 0)
        power = cut(synth.render(near, key.expand(len(some))), synth.sample_rate).power
        spectrograms.append((power + 1e-6).log().flatten(1))
    spectrogram = torch.cat(spectrograms)
    change = (spectrogram[1:] - spectrogram[0]).abs().mean(dim=1)
    physical = synth.space.to_physical(theta)[0].tolist()
    return [
        {"name": p.name, "value": float(f"{physical[i]:.4g}"), "unit": p.unit, "meaning": p.doc}
        for i, p in ((i, synth.space[i]) for i in moved[change.argsort(descending=True)][:_N_KNOBS].tolist())
        if change[moved == i] > _AUDIBLE
    ]


def _show(description: dict[str, Any]) -> None:
    console = Console(markup=False, emoji=False, highlight=False)
    for note in description.get("notes", ()):
        console.print(f"note: {note}")
    console.print(description["caption"] or "Nothing is audible.", style="bold")
    for title in ("parameters", "facts"):
        rows = description.get(title)
        if rows:
            table = Table(title, "value", "meaning", box=SIMPLE)
            for row in rows:
                unit = "" if row["unit"] in ("none", "choice") else f" {row['unit']}"
                table.add_row(row["name"], f"{row['value']}{unit}", row["meaning"])
            console.print(table)
    if description["tags"]:
        table = Table("aspect", "tags", box=SIMPLE)
        for aspect, names in description["tags"].items():
            table.add_row(aspect, ", ".join(names))
        console.print(table)
