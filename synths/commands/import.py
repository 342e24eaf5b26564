"""Make presets of the voices in a .syx bank.

Reads dumps of 32 voices, or of one, of the Yamaha DX7 and its relatives, and writes one preset a voice for
sixoperatorfm: 01-NAME.yaml, 02-NAME.yaml, ... `render --preset` plays one, `--distribution presets:FOLDER` all of them.
Key, duration and velocity stay free. A corrupt or foreign bank is refused, and nothing is written.

examples:
  python -m synths import bank.syx --out presets/
  python -m synths render sixoperatorfm --preset presets/01-BRASS.yaml --set keyboard.midi_f0=60
  python -m synths render sixoperatorfm -n 32 --distribution presets:presets/
"""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from synths import patches
from synths.command_line.usage import naming, require_folder
from synths.finding import find
from synths.presets.preset_file import Preset

_SYNTH = "sixoperatorfm"
_LARGEST = 2**24  # bytes


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("bank", type=Path, help="a .syx file")
    parser.add_argument("--out", type=Path, default=Path("presets"), help="a folder (default: presets/)")


def run(args: Namespace) -> None:
    require_folder(args.out)
    with naming(f"BANK {args.bank}", (ValueError, OSError)):
        with args.bank.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError(f"expected at most {_LARGEST:,} bytes; it has more")
        voices = [patch for bank in patches.read(data) for patch in bank.patches]
    space = find(_SYNTH)().space
    presets = [
        Preset(patches.ranges(patch), synth=_SYNTH, fingerprint=space.fingerprint(), name=patch.name.strip() or None)
        for patch in voices
    ]
    for preset in presets:
        space.narrow(preset.parameters)
    with naming(f"--out {args.out}", OSError):
        args.out.mkdir(parents=True, exist_ok=True)
        for number, preset in enumerate(presets, start=1):
            preset.write(args.out / f"{number:02d}{_file_name(preset.name)}.yaml")
    print(f"wrote {len(presets)} preset{'' if len(presets) == 1 else 's'} to {args.out}")


def _file_name(name: str | None) -> str:
    kept = re.sub(r"[^A-Za-z0-9]+", "-", name or "").strip("-")
    return f"-{kept}" if kept else ""
