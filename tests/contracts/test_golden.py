"""What 64 sounds of every synth were: an audible change is a new fingerprint and a line in CHANGELOG.md.

`pytest tests/contracts/test_golden.py --write-golden` writes what they are now.
"""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch

import synths

FOLDER = Path(__file__).parent / "golden"
CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
EDGES_HZ = (0, 100, 200, 400, 800, 1600, 3200, 6400, 8001)
QUIET_DB = -70


def features(synth):
    """Hash of theta, and coarse features in dB of every sound or picture."""
    index = torch.arange(64)
    theta, played = synth.sample(index), synth.play(index)
    energy = sound_bands(synth, played) if isinstance(synth, synths.AudioSynth) else picture_blocks(played)
    db = 10 * (energy + 10 ** (QUIET_DB / 10)).log10()
    return {
        "fingerprint": synth.space.fingerprint(),
        "theta": hashlib.sha256(theta.numpy().tobytes()).hexdigest(),
        "bands_db": [[round(x, 1) for x in row] for row in db.flatten(1).tolist()],
    }


def sound_bands(synth, sound):
    """Energies of eight bands in each half of every sound."""
    halves = sound.double().unflatten(1, (2, -1))
    power = torch.fft.rfft(halves).abs().square() / halves.shape[2] ** 2
    hz = torch.fft.rfftfreq(halves.shape[2], 1 / synth.sample_rate)
    bands = [power[..., (hz >= low) & (hz < high)].sum(dim=2) for low, high in pairwise(EDGES_HZ)]
    return torch.stack(bands, dim=2)


def picture_blocks(picture):
    """Mean squares of 4 by 4 blocks of every picture."""
    return torch.nn.functional.adaptive_avg_pool2d(picture.double().square(), 4)


@pytest.mark.parametrize("cls", synths.catalogue().values(), ids=synths.catalogue())
def test_sounds_are_what_they_were(cls, request):
    small = {"sample_rate": 16000, "seconds": 0.5} if issubclass(cls, synths.AudioSynth) else {}
    path, now = FOLDER / f"{cls.short_name()}.json", features(cls(**small))
    if request.config.getoption("--write-golden"):
        path.write_text(json.dumps(now).replace("], [", "],\n[") + "\n")
    assert path.exists(), f"no golden file of {cls.short_name()}: run pytest {__file__} --write-golden"
    then = json.loads(path.read_text())
    assert now["fingerprint"] == then["fingerprint"], (
        "the parameters, or the revision, have changed: run pytest --write-golden and give CHANGELOG.md a line "
        f"with the new fingerprint {now['fingerprint']}"
    )
    assert now["fingerprint"] in CHANGELOG.read_text(), f"CHANGELOG.md should name fingerprint {now['fingerprint']}"
    assert now["theta"] == then["theta"]
    difference = (torch.tensor(now["bands_db"]) - torch.tensor(then["bands_db"])).abs()
    assert difference.max() < 0.5, (
        f"sounds {difference.amax(dim=1).topk(3).indices.tolist()} differ by up to {difference.max():.1f} dB: if that "
        "is meant, raise the synth's revision"
    )
