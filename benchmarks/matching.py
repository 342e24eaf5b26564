"""How close matching comes to recordings, and to sounds of other synths, beside random sounds and CMA-ES.

All render the same number of sounds a target. CMA-ES, full and separable, begins at the best of the tuned starts of
matching, which its wall time leaves out, and computes no gradient, so its renders cost less. Recordings are of a pack
with labels.csv and audio/; without --recordings only sounds of other synths are matched, with --targets 0 only
recordings. What is not measured again stays in the file, with its own configuration and commit.

python benchmarks/matching.py --recordings FOLDER [--n-recordings 40] [--targets 64] [--steps 100] [--out FILE]
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from matching_recordings import RULE, cents_by_autocorrelation, cents_by_pyin, median, recordings
from matching_searches import CMA_ES, cma_es, random_search
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from synths import files, find, provenance
from synths.matching import Search, match, pitch_of
from synths.matching.several_voices import voices

ROOT = Path(__file__).resolve().parents[1]
BLOCK = 8  # targets at a time
MATCH, RANDOM = "match", "best random"


def of_recordings(options: argparse.Namespace) -> dict:
    """Pitch errors, and losses of matching and of random sounds, for recordings."""
    synth = find(options.recordings_synth)(sample_rate=options.rate, seconds=options.seconds)
    names, target, pitch, n_seen = recordings(
        options.recordings, options.n_recordings, options.rate, options.seconds, options.seed
    )
    found = {name: {"loss": [], "wall_s": 0.0} for name in (MATCH, RANDOM)}
    by_pyin, by_autocorrelation, n_renders = [], [], 0
    for first in track(range(0, len(target), BLOCK), description="recordings"):
        some, its_pitch = target[first : first + BLOCK], pitch[first : first + BLOCK]
        with timed(found[MATCH]):
            ours = match(synth, some, pitch=its_pitch, steps=options.steps, **starting(options))
        found[MATCH]["loss"] += ours.loss.tolist()
        n_renders = max(n_renders, ours.n_renders)
        by_pyin += cents_by_pyin(ours.sound, its_pitch, options.rate)
        by_autocorrelation += cents_by_autocorrelation(ours.sound, some, options.rate)
    with timed(found[RANDOM]):
        found[RANDOM]["loss"] = random_search(synth, target, n_renders, options.seed + 2).tolist()
    return {
        "rule": RULE,
        "pack": options.recordings.name,
        "synth": options.recordings_synth,
        "looked_at": n_seen,
        "files": names,
        "renders": n_renders,
        "cents": by_pyin,
        "median_cents": median(by_pyin),
        "cents_by_autocorrelation": by_autocorrelation,
        "median_cents_by_autocorrelation": median(by_autocorrelation),
        "methods": with_ratios(found),
    }


def of_other_synths(options: argparse.Namespace) -> dict:
    """Losses of all methods for sounds of other synths."""
    synth = find(options.synth)(sample_rate=options.rate, seconds=options.seconds)
    others = [name for name in voices() if name != options.synth]
    target = sounds_of(others, options)
    pitch = torch.tensor([pitch_of(sound, options.rate) for sound in target])
    found = {name: {"loss": [], "wall_s": 0.0} for name in (MATCH, RANDOM, *CMA_ES)}
    n_renders = 0
    for first in track(range(0, len(target), BLOCK), description="other synths"):
        some, its_pitch = target[first : first + BLOCK], pitch[first : first + BLOCK]
        with timed(found[MATCH]):
            ours = match(synth, some, pitch=its_pitch, steps=options.steps, **starting(options))
        found[MATCH]["loss"] += ours.loss.tolist()
        n_renders = max(n_renders, ours.n_renders)
        begun = Search(synth, some, pitch=its_pitch, **starting(options))
        for name, method in CMA_ES.items():
            with timed(found[name]):
                found[name]["loss"] += cma_es(begun, n_renders, options.seed, *method).tolist()
    with timed(found[RANDOM]):
        found[RANDOM]["loss"] = random_search(synth, target, n_renders, options.seed + 2).tolist()
    methods = with_ratios(found)
    ours = torch.tensor(found[MATCH]["loss"])
    for name in CMA_ES:
        theirs = torch.tensor(found[name]["loss"])
        methods[name] |= {"match_is_nearer": (ours < theirs).double().mean().item()}
        methods[name] |= {"median_of_match_to_this": (ours / theirs).quantile(0.5).item()}
    return {
        "synth": options.synth,
        "targets_of": others,
        "with_pitch": int(pitch.isfinite().sum()),
        "renders": n_renders,
        "methods": methods,
    }


def sounds_of(names: list[str], options: argparse.Namespace) -> Tensor:
    """Sound i is of synth i modulo their number, at a peak of 1; silent ones (peak below -60 dB) are left out."""
    makes = [find(name)(sample_rate=options.rate, seconds=options.seconds) for name in names]
    sounds, i = [], 0
    while len(sounds) < options.targets:
        # Another seed than the search's: no target is among the sounds it begins with.
        (sound,) = makes[i % len(makes)].play(torch.tensor([i]), options.seed + 1)
        if (peak := sound.abs().max()) > 1e-3:
            sounds.append(sound / peak)
        i += 1
    return torch.stack(sounds)


def starting(options: argparse.Namespace) -> dict[str, int]:
    """Arguments of `Search`."""
    return {"n_starts": options.starts, "n_survivors": options.survivors, "seed": options.seed}


@contextmanager
def timed(row: dict) -> Iterator[None]:
    """Adds the wall time of what is done within to the row."""
    start = time.perf_counter()
    yield
    row["wall_s"] += time.perf_counter() - start


def with_ratios(found: dict[str, dict]) -> dict[str, dict]:
    """Each method's mean loss, and the mean and median of its loss over that of the best random sound."""
    random = torch.tensor(found[RANDOM]["loss"])
    rows = {}
    for name, row in found.items():
        ratio = torch.tensor(row["loss"]) / random
        means = {"mean_loss": torch.tensor(row["loss"]).mean().item(), "mean_ratio": ratio.mean().item()}
        rows[name] = means | {"median_ratio": ratio.quantile(0.5).item()} | row
    return rows


def show(title: str, figures: dict) -> None:
    """A table of the methods."""
    table = Table(title=f"{title}, {figures['renders']} renders each")
    for column in ("method", "mean loss", f"of {RANDOM}: mean", "median", "seconds"):
        table.add_column(column, justify="left" if column == "method" else "right")
    for name, row in figures["methods"].items():
        numbers = [row[key] for key in ("mean_loss", "mean_ratio", "median_ratio")]
        table.add_row(name, *(f"{number:.3f}" for number in numbers), f"{row['wall_s']:.0f}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="a pack with labels.csv and audio/")
    parser.add_argument("--n-recordings", type=int, default=40, help="recordings to match")
    parser.add_argument("--recordings-synth", default="formant", help="synth that matches recordings")
    parser.add_argument("--targets", type=int, default=64, help="sounds of other synths to match")
    parser.add_argument("--synth", default="voice", help="synth that matches sounds of other synths")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--starts", type=int, default=64)
    parser.add_argument("--survivors", type=int, default=4)
    parser.add_argument("--rate", type=int, default=16000, help="sample rate in Hz")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a sound")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_matching.json")
    options = parser.parse_args()

    config = {key: value for key, value in vars(options).items() if key not in ("recordings", "out", "seed")}
    parts = {"recordings": of_recordings} if options.recordings else {}
    parts |= {"other_synths": of_other_synths} if options.targets else {}
    figures = there(options.out)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for name, part in parts.items():
            record = provenance.record(config, options.seed, part(options))
            figures[name] = record.pop("figures") | {"measured": record}
            show(name, figures[name])
            whole = provenance.record(config, options.seed, figures)
            files.write(options.out, json.dumps(whole, indent=2) + "\n")
    if options.recordings:
        off = [figures["recordings"][key] for key in ("median_cents", "median_cents_by_autocorrelation")]
        print("pitch of recordings, median of cents: {} by pYIN, {} by autocorrelation".format(*off))
    print(f"wrote {options.out}")


def there(out: Path) -> dict[str, dict]:
    """Parts that an earlier run left in the file, each with its own configuration and commit."""
    figures = json.loads(out.read_text(encoding="utf-8"))["figures"] if out.exists() else {}
    return {name: part for name, part in figures.items() if "measured" in part}


if __name__ == "__main__":
    main()
