"""Small labelled sounds: low tones and noise, which any encoder tells apart."""

import numpy as np
import pytest
import soundfile

RATE = 16000


def write_tone(path, seed):
    rng = np.random.default_rng(seed)
    time_s = np.arange(RATE // 2) / RATE
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * rng.uniform(200, 400) * time_s), RATE)


def write_noise(path, seed):
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(RATE // 2), RATE)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory):
    """Subfolders of eight tones and of twelve noises."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, write, n in (("tone", write_tone, 8), ("noise", write_noise, 12)):
        (folder / name).mkdir()
        for i in range(n):
            write(folder / name / f"{name}{i}.wav", i)
    return folder


@pytest.fixture(scope="session")
def model(sounds, tmp_path_factory):
    """A folder that train-classifier wrote."""
    from doppelganger.__main__ import main

    folder = tmp_path_factory.mktemp("models") / "model"
    main(["train-classifier", str(sounds), "--out", str(folder)])
    return folder


@pytest.fixture
def failed(capsys):
    """Runs a command that must fail, and returns its message, one line."""
    from doppelganger.__main__ import main

    def run(*arguments):
        with pytest.raises(SystemExit, match="2"):
            main([str(argument) for argument in arguments])
        *_, message = capsys.readouterr().err.strip().splitlines()
        return message

    return run
