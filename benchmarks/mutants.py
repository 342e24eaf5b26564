"""Do the tests notice mistakes? Random mutants of a file, each against the tests of that file.

A mutant is the file with one operator, number, comparison or keyword changed (cosmic-ray makes it). It dies when a
test fails, and survives when all pass. The files and their tests are in FILES; --file names others.

examples:
  python benchmarks/mutants.py --n 200 --out results/mutants.json
  python benchmarks/mutants.py --file doppelganger/objectives/byol.py --tests tests/objectives --n 30
"""

import argparse
import difflib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from rich.progress import track

from synths import provenance

ROOT = Path(__file__).parents[1]
# File -> its tests: schedules, masking, pairs, objectives, causes, matching, splits, intervals, probes, MIDI, ranges.
FILES = json.loads((Path(__file__).parent / "mutants.json").read_text(encoding="utf-8"))
# These libraries are imported once, before a process forks for each mutant.
HEAVY = ("torch", "numpy", "scipy.signal", "sklearn.linear_model", "timm", "pytorch_lightning.cli", "torchaudio")
# "|" stands in type hints; a decorator removed or an exception type replaced is seldom a mistake that anybody makes.
_LEFT_OUT = ("BitOr", "RemoveDecorator", "ExceptionReplacer", "VariableInserter", "VariableReplacer")


class Mutant(NamedTuple):
    """One change of a file: the operator, and which of its places."""

    file: str
    operator: str
    occurrence: int

    def source(self) -> str:
        """The changed file."""
        return mutate_code(
            (ROOT / self.file).read_text(encoding="utf-8"), get_operator(self.operator)(), self.occurrence
        )

    def diff(self) -> str:
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        changed = difflib.unified_diff(before, self.source().splitlines(), n=0, lineterm="")
        return "\n".join(line for line in changed if line[:3] not in ("---", "+++"))


def mutants_of(file: str) -> list[Mutant]:
    """Every mutant of a file."""
    nodes = list(ast_nodes(get_ast((ROOT / file).read_text(encoding="utf-8"))))
    names = [name for name in operator_names() if not any(left_out in name for left_out in _LEFT_OUT)]
    found = []
    for name in names:
        operator = get_operator(name)()
        n = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        found += [Mutant(file, name, i) for i in range(n)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", nargs="+", help="files to change (those of mutants.json)")
    parser.add_argument("--tests", nargs="+", default=[], help="tests to run (those of mutants.json)")
    parser.add_argument("--n", type=int, default=200, help="number of random mutants (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed for the choice (%(default)s)")
    parser.add_argument("--out", type=Path, help="result as JSON")
    args = parser.parse_args()
    files = args.file or list(FILES)
    tests = {file: args.tests or FILES[file] for file in files}
    every = [mutant for file in files for mutant in mutants_of(file)]
    chosen = random.Random(args.seed).sample(every, min(args.n, len(every)))
    for name in HEAVY:
        __import__(name)

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
        for name in filter(None, tracked.split("\0")):
            if (ROOT / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
        allowed_s = {}
        for file in {mutant.file for mutant in chosen}:
            start = time.perf_counter()
            if not passes(copy, tests[file], 600):
                sys.exit(f"the tests of {file} fail without any change: {' '.join(tests[file])}")
            allowed_s[file] = 20 + 5 * (time.perf_counter() - start)
        survivors, counts = [], {file: [0, 0] for file in files}
        for mutant in track(chosen, description="Mutants"):
            (copy / mutant.file).write_text(mutant.source(), encoding="utf-8")
            survived = passes(copy, tests[mutant.file], allowed_s[mutant.file])
            shutil.copy(ROOT / mutant.file, copy / mutant.file)
            counts[mutant.file][0] += 1
            counts[mutant.file][1] += survived
            if survived:
                survivors.append({**mutant._asdict(), "diff": mutant.diff()})
                print(f"{mutant.file}\n{mutant.diff()}\n")
    n_killed = len(chosen) - len(survivors)
    print(f"{n_killed} of {len(chosen)} mutants die ({100 * n_killed / max(1, len(chosen)):.1f} %)")
    if args.out:
        figures = {"n": len(chosen), "killed": n_killed, "mutants_and_survivors": counts, "survivors": survivors}
        record = provenance.record({"files": tests}, args.seed, figures)
        args.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def passes(folder: Path, tests: Sequence[str], timeout_s: float) -> bool:
    """Whether all tests pass in a copy of the project, in a process of their own."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(folder)
        sys.path[:] = [str(folder), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
        for name in [
            name for name in sys.modules if name.split(".")[0] in ("synths", "doppelganger", "lightning_modules")
        ]:
            del sys.modules[name]
        os.environ["PYTHONPATH"] = str(folder)
        sys.dont_write_bytecode = True
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os._exit(int(pytest.main(["-x", "-q", "-n0", "-p", "no:cacheprovider", *tests])))
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        finished, status = os.waitpid(child, os.WNOHANG)
        if finished:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


if __name__ == "__main__":
    main()
