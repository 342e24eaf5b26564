"""Fresh environments with the lowest and the newest torch: the contract tests and a short training in each."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from synths import provenance

ROOT = Path(__file__).parents[1]
OUT = ROOT / "results" / "compat.json"
TINY = [
    *("--trainer.accelerator=cpu", "--trainer.max_epochs=1", "--trainer.check_val_every_n_epoch=1"),
    *("--data.init_args.batch_size=8", "--data.init_args.steps_per_epoch=2", "--data.init_args.n_validation_steps=1"),
    "--data.init_args.compile=false",
]
# One of our network, one of a vision transformer, which needs timm and its torchvision.
TRAININGS = ("quickstart", "mae/quickstart")


def lowest() -> str:
    """The requirement of the lowest torch that pyproject.toml allows."""
    version = re.search(r'"torch>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if not version:
        raise ValueError("pyproject.toml: expected a dependency torch>=VERSION")
    return f"torch=={version.group(1)}.*"


def install(requirement: str, extras: str, folder: Path, run: Any) -> None:
    """A fresh environment with a torch and extras of ours."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", requirement, f"{ROOT}[{extras}]"])


def measure(folder: Path, run: Any) -> dict[str, Any]:
    """Versions and size of an environment, and what came of the tests and the trainings in it."""
    python = folder / "bin" / "python"
    installed = json.loads(run([python, "-m", "pip", "list", "--format=json"]).stdout)
    versions = {entry["name"].lower(): entry["version"] for entry in installed}
    figures: dict[str, Any] = {
        "commit": provenance.commit(),
        "versions": {name: versions.get(name, "") for name in ("torch", "torchvision", "timm", "pytorch-lightning")},
        "size_gb": sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 1e9,
    }
    run([python, "-m", "pip", "install", "--quiet", "pytest", "hypothesis"])
    start = time.perf_counter()
    tests = run([python, "-m", "pytest", "tests/contracts/test_synth_contract.py", "-k", "not torchsynth"], check=False)
    counts = re.findall(r"(\d+) (passed|failed|error|skipped)", tests.stdout.splitlines()[-1])
    figures["contract_tests"] = {name: int(count) for count, name in counts} | {"s": time.perf_counter() - start}
    trainings = TRAININGS if "timm" in versions else TRAININGS[:1]
    figures["trainings"] = {config: _trained(config, folder, run) for config in trainings}
    return figures


def _trained(config: str, folder: Path, run: Any) -> str:
    """ "ok" where a training of two steps wrote a checkpoint, or else the last line of its error."""
    with tempfile.TemporaryDirectory() as elsewhere:
        command = [folder / "bin" / "doppelganger-train", "fit", "--config", config, *TINY]
        trained = run(command, check=False, cwd=elsewhere)
        whole = trained.returncode == 0 and any(Path(elsewhere).rglob("last.ckpt"))
    return "ok" if whole else trained.stderr.strip().splitlines()[-1][:200]


def runner(console: Console) -> Any:
    """A function that runs a command and prints what it said where it fails."""

    def run(command: list[Any], check: bool = True, cwd: str | Path = ROOT) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "OMP_NUM_THREADS": "2"}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
        if done.returncode:
            console.print(f"{' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-2000:]}", markup=False)
            if check:
                sys.exit(1)
        return done

    return run


def main() -> None:
    """Measures, writes results/compat.json after each environment, and prints all that it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torch", nargs="*", default=[lowest(), "torch"], help="requirements (lowest and newest)")
    parser.add_argument("--extras", default="train,timm", help="what is installed with it (%(default)s)")
    parser.add_argument("--folder", type=Path, help="environments are made here and removed (a temporary folder)")
    args = parser.parse_args()
    console = Console(stderr=True)
    run = runner(console)
    environments = json.loads(OUT.read_text(encoding="utf-8"))["figures"]["environments"] if OUT.is_file() else {}
    for requirement in args.torch:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder, console.status(requirement):
            install(requirement, args.extras, Path(folder), run)
            environments[f"{requirement} [{args.extras}]"] = measure(Path(folder), run)
        environments = dict(sorted(environments.items()))
        record = provenance.record({"trainings": TRAININGS}, 0, {"environments": environments})
        OUT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    table = Table("torch", "torchvision", "GB", "contract tests", *(name.replace("/", "/\n") for name in TRAININGS))
    for figures in environments.values():
        tests = ", ".join(f"{n} {name}" for name, n in figures["contract_tests"].items() if name != "s")
        versions = figures["versions"]
        size = f"{figures['size_gb']:.1f}"
        trained = [figures["trainings"].get(config, "") for config in TRAININGS]
        table.add_row(versions["torch"], versions["torchvision"], size, tests, *trained)
    Console().print(table)


if __name__ == "__main__":
    main()
