"""Sounds, tables, presets, labels of sounds, configs: files that somebody else wrote."""

import io
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from hypothesis import given

from doppelganger.embedding.audio import is_sound_name, read_blocks
from doppelganger.evaluation import read_task
from doppelganger.evaluation.report.curves import panels_of
from doppelganger.evaluation.report.pairs import training_pairs
from doppelganger.evaluation.report.run import training_config
from doppelganger.evaluation.splits import splits_of
from doppelganger.recordings import open_source
from synths import Voice, presets
from synths.__main__ import main
from synths.commands._folder import SoundFolder
from synths.files.plain_data import parse_yaml
from tests.fuzz.mutants import byte_mutants, data_mutants, few, survives

pytestmark = pytest.mark.filterwarnings("ignore")
SOUND = 0.1 * np.random.default_rng(0).standard_normal(3000)
SOUNDS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "MS_ADPCM"),
    ("WAVEX", "PCM_24"),
    ("AIFF", "PCM_16"),
    ("AU", "ULAW"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
    ("CAF", "ALAC_16"),
    ("W64", "PCM_16"),
]


@pytest.mark.parametrize(("kind", "subtype"), SOUNDS, ids=lambda name: name)
def test_headers_of_sounds(kind, subtype):
    soundfile.write("whole", SOUND, 16000, format=kind, subtype=subtype)
    whole = Path("whole").read_bytes()
    path = Path(f"a.{kind.lower()}")
    assert is_sound_name(path) or kind == "WAVEX"

    @few
    @given(byte_mutants(whole, first=200))
    def check(mutant):
        path.write_bytes(mutant)

        def read() -> None:
            n_samples = sum(len(block) for block in read_blocks(path, 16000))
            # A byte holds at most eight samples of the codecs here, and 1 kHz becomes 16.
            assert n_samples <= 8 * 16 * max(len(mutant), 2**16)

        survives(read)

    check()


TABLE = "file,label,fold\n" + "\n".join(f"audio/{i}.wav,{'ab'[i % 2]},{i % 3}" for i in range(12)) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_tables_of_labels(encoding):
    @few
    @given(byte_mutants(TABLE.encode(encoding)))
    def check(mutant):
        Path("labels.csv").write_bytes(mutant)

        def read() -> None:
            task = read_task("pack", ".", 16000)
            splits_of(task.folds, task.labels)

        survives(read)

    check()


PRESET = """# a preset
adsr_1.attack: 0.01
keyboard.midi_f0: [30, 40]
mixer.vco_1: &a [0.5, 1]
mixer.vco_2: *a
"""


def test_bytes_of_presets():
    @few
    @given(byte_mutants(PRESET.encode()))
    def check(mutant):
        Path("a.yaml").write_bytes(mutant)
        survives(lambda: Voice(sample_rate=8000, seconds=0.1, ranges=presets.read("voice", "a.yaml")))

    check()


def test_values_of_presets():
    @few
    @given(data_mutants(yaml.safe_load(PRESET)))
    def check(mutant):
        try:
            Path("a.yaml").write_bytes(yaml.dump(mutant).encode("utf-8", "replace"))
        except (RecursionError, yaml.YAMLError):
            return  # no file can hold it

        def read() -> None:
            voice = Voice(sample_rate=8000, seconds=0.1, ranges=presets.read("voice", "a.yaml"))
            assert voice.play(torch.arange(2)).isfinite().all()

        survives(read)

    check()


LABELS = b'{"file": "0.wav", "synth": "voice", "parameters": {"adsr_1.attack": 0.1}}\n' * 2


def test_labels_of_sounds():
    @few
    @given(byte_mutants(LABELS))
    def check(mutant):
        Path("sounds.jsonl").write_bytes(mutant)
        Path("theta.json").write_bytes(mutant)
        survives(lambda: SoundFolder(Path()))
        survives(lambda: presets.read("voice", "sounds.jsonl:1"))
        survives(lambda: presets.read("voice", "theta.json"))

    check()


TRAINING = {
    "seed_everything": 0,
    "data": {
        "class_path": "lightning_modules.data.PairDataModule",
        "init_args": {
            "synth": {
                "class_path": "synths.SynthBank",
                "init_args": {
                    "synths": {
                        "voice": {
                            "class_path": "synths.Voice",
                            "init_args": {"sample_rate": 8000, "seconds": 0.1, "ranges": {"adsr_1.attack": [0.1, 0.2]}},
                        }
                    },
                    "weights": {"voice": 1.0},
                },
            },
            "perturbation": {
                "class_path": "doppelganger.streams.perturbations.Gaussian",
                "init_args": {"delta": 0.25},
            },
            "seed": 0,
        },
    },
}


def test_configurations_in_checkpoints():
    """As `evaluate` and `export` read them; a configuration of the training command is code, see SECURITY.md."""

    @few
    @given(data_mutants(TRAINING))
    def check(mutant):
        try:
            text = yaml.dump(mutant)
        except (RecursionError, yaml.YAMLError):
            return
        Path("config.yaml").write_bytes(text.encode("utf-8", "replace"))
        Path("a.ckpt").touch()
        survives(lambda: training_pairs(training_config("a.ckpt") or {}, n_pairs=1))

    check()


def test_bytes_of_yaml():
    text = yaml.safe_dump(TRAINING).encode()

    @few
    @given(byte_mutants(text))
    def check(mutant):
        survives(lambda: parse_yaml(mutant.decode("utf-8", "replace")))

    check()


def test_metrics_of_runs():
    table = b"epoch,step,train/loss,val/top1_accuracy\n0,1,2.5,\n0,2,,0.5\n1,3,1.5,\n"

    @few
    @given(byte_mutants(table))
    def check(mutant):
        Path("metrics.csv").write_bytes(mutant)
        survives(lambda: panels_of(Path("metrics.csv")))

    check()


def test_shards_of_recordings(folder):
    soundfile.write("a.wav", SOUND, 16000)
    with tarfile.open("whole.tar", "w") as shard:
        for name in ("a.wav", "../outside.wav"):
            shard.add("a.wav", name)
    whole = Path("whole.tar").read_bytes()

    @few
    @given(byte_mutants(whole, first=600))
    def check(mutant):
        Path("shard-0.tar").write_bytes(mutant)

        def read() -> None:
            source = open_source("shard-0.tar")
            for number in range(len(source)):
                with source.open(number) as stream:
                    assert isinstance(stream, io.BytesIO) and len(stream.read()) <= len(mutant)

        survives(read)
        assert not (folder.parent / "outside.wav").exists()

    check()


def test_command_lines_of_renders(monkeypatch, capsys):
    arguments = {"synth": "voice", "seconds": "0.1", "sample": "8000", "n": "2", "seed": "0", "set": "adsr_1.attack=1"}

    @few
    @given(data_mutants(arguments))
    def check(mutant):
        if not isinstance(mutant, dict):
            return
        given = {name: str(mutant.get(name, value))[:99].replace("\x00", "") for name, value in arguments.items()}
        if given["n"].strip("0123456789") == "" and len(given["n"]) > 3:
            return  # as many sounds as asked for is what a user wants
        line = ["render", given["synth"], "-n", given["n"], "--seconds", given["seconds"], "--seed", given["seed"]]
        line += [
            "--sample-rate",
            given["sample"],
            "--set",
            given["set"],
            "--out",
            "out.wav" if given["n"] == "1" else "out",
        ]
        monkeypatch.setattr(sys, "argv", ["synths", *line])
        survives(lambda: main(line))

    check()
