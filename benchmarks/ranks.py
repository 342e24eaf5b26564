"""Losses and gradients of every objective on 2 and 4 gloo processes, against one process with all items.

python benchmarks/ranks.py [--out results/ranks.json]

Each difference is the largest over all values, relative to the largest value of its tensor, or to 1 where that is less.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from synths import provenance
from synths.commands._tables import show

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.contracts.objective_ranks import N_ITEMS, N_RANKS  # noqa: E402


def difference(several: list[dict[str, Tensor]], one: dict[str, Tensor], kind: str) -> float:
    """The largest difference of any rank in the values whose names begin in a way."""
    found = [0.0]
    for name in (name for name in one if name.startswith(kind)):
        scale = max(1.0, float(one[name].double().abs().max()))
        found += [float((rank[name].double() - one[name].double()).abs().max()) / scale for rank in several]
    return max(found)


def main() -> None:
    """Measures, prints a table and writes results/ranks.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "ranks.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.contracts.objective_ranks", folder]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
        results = {n: [torch.load(Path(folder, f"{rank}-of-{n}.pt")) for rank in range(n)] for n in N_RANKS}
    (one,) = results[1]
    figures = {
        objective: {
            f"{kind}, {n} processes": difference([found[objective] for found in results[n]], one[objective], kind)
            for n in N_RANKS[1:]
            for kind in ("loss", "gradient")
        }
        for objective in one
    }
    columns = list(next(iter(figures.values())))
    show(("objective", *columns), [(name, *(f"{row[c]:.1e}" for c in columns)) for name, row in figures.items()])
    config = {"items": N_ITEMS, "processes": N_RANKS, "goal": 1e-5}
    options.out.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
