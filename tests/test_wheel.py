"""The wheel and the sdist as a user gets them: installed outside the checkout, run from another folder."""

import csv
import email
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

from synths import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = ("synths", "doppelganger", "lightning_modules")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
TINY = [
    *("--trainer.max_steps=2", "--trainer.accelerator=cpu", "--trainer.logger=true", "--trainer.callbacks=null"),
    *("--data.init_args.batch_size=4", "--data.init_args.steps_per_epoch=2", "--data.init_args.n_validation_steps=1"),
    *("--data.init_args.compile=false", "--model.init_args.objective.init_args.encoder.init_args.dim=16"),
]


def run(*command: object, folder: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def no_checkout_on_the_path():
    with pytest.MonkeyPatch.context() as patch:
        others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and Path(path) != ROOT]
        patch.setenv("PYTHONPATH", os.pathsep.join(others))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


def sources(*folders: str) -> set[str]:
    """Files of the checkout that git does not ignore."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *folders, folder=ROOT).splitlines()
    return {file for file in listed if (ROOT / file).is_file()}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    """The sdist, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("sdist")
    for file in sources():
        (folder / "sources" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, folder / "sources" / file)
    name = run(sys.executable, "-c", BUILD, folder, folder=folder / "sources").splitlines()[-1]
    return folder / name


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory) -> Path:
    """The wheel, built from the sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, sdist, folder=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def commands(wheel, tmp_path_factory) -> Path:
    """The folder of the commands in a fresh environment with the wheel, which finds other packages in this one."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder.parent)
    python = folder / "bin" / "python"
    options = ("--no-deps", "--no-index", "--quiet")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, folder=folder)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip())
    # The .pth files in a folder that a .pth file names are not read: no editable install of the checkout.
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """The working directory of a user, with a small pack of recordings: tones of two pitches."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "tones").mkdir()
    rows = []
    for i in range(16):
        soundfile.write(folder / "tones" / f"{i}.wav", np.sin((0.1 + i % 2) * np.arange(16000)) / 2, 16000)
        rows.append([f"{i}.wav", ("low", "high")[i % 2], i // 2 % 2])
    with (folder / "tones" / "labels.csv").open("w", newline="") as table:
        csv.writer(table).writerows([["file", "label", "fold"], *rows])
    return folder


@pytest.fixture(scope="module")
def trained(commands, elsewhere) -> Path:
    """The run of two steps of a config by name."""
    run(commands / "doppelganger-train", "fit", "--config", "byol/byol_a", *TINY, folder=elsewhere)
    (run_folder,) = elsewhere.glob("runs/*/*")
    return run_folder


def test_the_wheel_has_what_the_packages_have(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
        about = email.message_from_bytes(archive.read(next(f for f in files if f.endswith("/METADATA"))))
    expected = {f"lightning_modules/{f}" if f.startswith("configs/") else f for f in sources(*PACKAGES, "configs")}
    assert {f for f in files if ".dist-info/" not in f} == expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= files
    assert (about["Name"], about["Version"]) == ("doppelganger-audio", __version__)


def test_the_sdist_has_what_a_build_needs_and_no_tests(sdist):
    with tarfile.open(sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "setup.py", "configs/quickstart.yaml", "train.py", "LICENSE", "CITATION.cff"} <= files
    assert not [f for f in files if f.startswith("tests")]


def test_the_commands_are_those_of_the_wheel(commands, elsewhere):
    code = f"import {', '.join(PACKAGES)}; print({', '.join(f'{p}.__file__' for p in PACKAGES)}, sep='\\n')"
    for file in run(commands / "python", "-c", code, folder=elsewhere).splitlines():
        assert Path(file).is_relative_to(commands.parent)
    for command in ("synths", "doppelganger", "doppelganger-train"):
        assert run(commands / command, "--version", folder=elsewhere) == f"{command} {__version__}\n"


def test_sounds_are_rendered(commands, elsewhere):
    run(commands / "synths", "render", "voice", "-n", 2, "--seconds", 0.1, "--out", "sounds", folder=elsewhere)
    assert len(list((elsewhere / "sounds").rglob("*.wav"))) == 2


def test_a_config_of_the_wheel_is_trained_by_name(trained):
    assert yaml.safe_load((trained / "config.yaml").read_text())["trainer"]["max_steps"] == 2
    assert list(trained.rglob("last.ckpt"))


def test_an_encoder_is_evaluated_on_a_pack(commands, elsewhere, trained):
    options = ("--packs", "tones", "--cache", "cache.sqlite", "--out", "report")
    printed = run(commands / "doppelganger", "evaluate", "--encoder", trained, *options, folder=elsewhere)
    assert "tones" in printed and list((elsewhere / "report").glob("*.html"))


def test_files_are_embedded_and_the_encoder_is_exported(commands, elsewhere, trained):
    run(commands / "doppelganger", "export", "--encoder", trained, "--out", "exported", folder=elsewhere)
    for encoder in (trained, "exported"):
        options = ("--encoder", encoder, "--out", f"{Path(encoder).name}.parquet")
        run(commands / "doppelganger", "embed", "tones", *options, folder=elsewhere)
    tables = [pq.read_table(elsewhere / f"{Path(name).name}.parquet") for name in (trained, "exported")]
    embeddings = [np.array(table["embedding"].to_pylist()) for table in tables]
    assert embeddings[0].shape[0] == 16 and len(np.unique(embeddings[0].round(4), axis=0)) == 2
    np.testing.assert_allclose(embeddings[0], embeddings[1], atol=1e-6)
