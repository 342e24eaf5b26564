"""How long evaluating takes: 2,000 five-second clips of 50 classes, laid out as ESC-50, with a ResNet18.

The clips are sounds of the bank at 44.1 kHz, written as wav. Times the command as a user runs it: with an empty cache,
then again with what the first run kept, and with a quarter of the clips for its memory; and the probe alone.

python benchmarks/evaluation.py [--clips 2000] [--out FILE]
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
from rich.progress import track

from doppelganger.evaluation.probe_task import Embeddings, ProbeTask
from doppelganger.evaluation.protocols import linear
from synths import Voice, provenance

ROOT = Path(__file__).resolve().parents[1]
RATE, SECONDS, N_CLASSES, N_FOLDS = 44100, 5.0, 50, 5
_BLOCK = 20  # clips


def write_clips(root: Path, n_clips: int) -> None:
    """A folder like ESC-50's; the class of a clip is the number of its note."""
    (root / "audio").mkdir(parents=True)
    (root / "meta").mkdir()
    voice = Voice(sample_rate=RATE, seconds=SECONDS)
    rows = []
    for first in track(range(0, n_clips, _BLOCK), "writing clips"):
        index = torch.arange(first, min(first + _BLOCK, n_clips))
        note = voice.sample(index)[:, voice.space.column("keyboard.midi_f0")]
        for i, sound, at in zip(index.tolist(), voice.play(index), note.tolist(), strict=True):
            soundfile.write(root / "audio" / f"{i}.wav", sound.numpy(), RATE)
            rows.append([f"{i}.wav", i % N_FOLDS + 1, f"note {min(int(at * N_CLASSES), N_CLASSES - 1)}"])
    with (root / "meta" / "esc50.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows([["filename", "fold", "category"], *rows])


def command(root: Path, folder: Path) -> float:
    """Wall seconds of one evaluation with a cache in the folder."""
    start = time.perf_counter()
    arguments = ["--encoder", "resnet18", "--task", f"esc50={root}", "--out", str(folder)]
    arguments += ["--cache", str(folder / "cache.sqlite")]
    subprocess.run([sys.executable, "-m", "doppelganger", "evaluate", *arguments], check=True)
    return time.perf_counter() - start


def probe(n_clips: int, spread: float) -> float:
    """Wall seconds of the linear probe on embeddings of 512 numbers; classes that spread less are told more easily."""
    rng = np.random.default_rng(0)
    label = rng.integers(N_CLASSES, size=n_clips)
    mean = rng.standard_normal((N_CLASSES, 512))[label] + spread * rng.standard_normal((n_clips, 512))
    folds = [str(i % N_FOLDS) for i in range(n_clips)]
    embeddings = Embeddings(mean.astype(np.float32), lambda row: mean[row : row + 1])
    start = time.perf_counter()
    linear.predict(ProbeTask(embeddings, [str(i) for i in label], folds), lambda: None)
    return time.perf_counter() - start


def peak_mb() -> float:
    """The most memory that any command so far has held at once."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_evaluation.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        few, root, folder = (Path(temporary, name) for name in ("few", "ESC-50", "evaluation"))
        write_clips(few, options.clips // 4)
        command(few, folder / "few")
        figures = {"peak_mb_of_a_quarter": peak_mb()}
        write_clips(root, options.clips)
        figures |= {"first_run_s": command(root, folder), "second_run_s": command(root, folder), "peak_mb": peak_mb()}
    figures["linear_probe_hard_s"] = probe(options.clips, spread=8.0)
    figures["linear_probe_easy_s"] = probe(options.clips, spread=3.0)  # learns to the last epoch
    for name, value in figures.items():
        print(f"{name:20s} {value:8.1f}")
    config = {"clips": options.clips, "seconds": SECONDS, "sample_rate": RATE, "encoder": "resnet18"}
    result = provenance.record(config, 0, figures)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
