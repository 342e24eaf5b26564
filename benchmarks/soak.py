"""A great many random sounds of every synth of sounds: none may be broken or too loud, few may be silent.

python benchmarks/soak.py [--sounds 100000] [--sample-rate 16000] [--seconds 1.0] [--seed 0] [--out results/soak.json]
"""

import argparse
import json
from pathlib import Path

import torch
from rich.progress import track

import synths
from synths import provenance
from synths.commands._tables import show

ROOT = Path(__file__).resolve().parents[1]
BLOCK = 500
# A sound whose peak is below -60 dB.
SILENT = 1e-3


@torch.no_grad()
def soak(synth: synths.Synth, n_sounds: int, seed: int) -> dict:
    """Shares of the sounds that are not finite, exceed 1 or are silent; and the loudest peak."""
    peaks = []
    for first in track(range(0, n_sounds, BLOCK), description=synth.short_name()):
        sound = synth.play(torch.arange(first, min(first + BLOCK, n_sounds)), seed)
        peaks.append(torch.where(sound.isfinite().all(dim=1), sound.abs().amax(dim=1), torch.nan))
    peak = torch.cat(peaks)
    return {
        "broken": peak.isnan().double().mean().item(),
        "beyond_1": (peak > 1).double().mean().item(),
        "silent": (peak < SILENT).double().mean().item(),
        "loudest": peak.nan_to_num().max().item(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sounds", type=int, default=100_000, help="of each synth")
    parser.add_argument("--sample-rate", type=int, default=16000)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a sound")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--synths", nargs="*", default=list(synths.catalogue(synths.AudioSynth)), help="short names")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "soak.json")
    options = parser.parse_args()

    setting = {"sample_rate": options.sample_rate, "seconds": options.seconds}
    figures = {name: soak(synths.find(name)(**setting), options.sounds, options.seed) for name in options.synths}
    show(
        ("synth", "broken", "beyond 1", "silent", "loudest"),
        [
            (name, f"{f['broken']:.3%}", f"{f['beyond_1']:.3%}", f"{f['silent']:.3%}", f"{f['loudest']:.4f}")
            for name, f in figures.items()
        ],
    )
    config = {"sounds": options.sounds, **setting}
    result = provenance.record(config, options.seed, figures)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
