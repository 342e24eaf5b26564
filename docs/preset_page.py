"""The page of presets: three sounds of each, and its claims with what is measured, when the docs are built."""

from pathlib import Path

import numpy as np
import torch

import synths
from docs.players import player
from synths import presets
from synths.parameters.parameter import number
from synths.presets.measure import MEASURES

N, N_MEASURED, RATE, SECONDS = 3, 8, 16000, 1.5

INTRO = """# Presets

A preset fixes or narrows the parameters of a synth, in physical units. What it claims is measured: the range that it
states, and the median of sounds 0 to {last} of seed 0.

```bash
python -m synths render drum --preset kick -n 8 --out kicks/
python -m synths render drum -n 64 --distribution presets --out drums/
python -m synths render subtractive -n 64 --distribution presets:mine/:0.1 --out near-mine/
python -m synths import bank.syx --out dx7/
```

`--distribution presets` draws one of the presets of the synth for every sound and moves each of its parameters by
N(0, 0.05²) in [0, 1]; choices stay. `presets:FOLDER` takes the .yaml and .json files of a folder, and
`presets:FOLDER:DELTA` another distance. In Python, and in any config as the synth's argument `distribution`:

```python
import torch, synths

near = synths.PresetDistribution(delta=0.1)  # or PresetDistribution("folder/")
drums = synths.Drum(distribution=near, sample_rate=16000, seconds=1.0).play(torch.arange(64))
```

`--data.init_args.synth configs/synths/presets.yaml` trains on sounds near the presets of five synths.

A preset file is a mapping of parameters, alone or under `parameters:`; then it may also hold `synth`, `fingerprint`,
`sample_rate`, `seconds`, `name`, `about` and `claims`; `render` takes rate and length from it. `theta.json` of `match`
and a line of `sounds.jsonl` are presets. A preset of another synth, or of another version of it, is refused with the
parameters that are unknown or missing.

`import` reads .syx banks of the Yamaha DX7 and its relatives for `sixoperatorfm`; `synths.patches` reads and writes
them in Python. What `sixoperatorfm` does not do: the noise of feedback beyond a saw, feedback around loops of several
operators (algorithms 4 and 6 take that of the sixth alone), rates in steps, attacks shorter than a frame of 2.3 ms,
aliasing and the noise of a 12-bit converter, portamento, pitch bend and controllers; modulation that would alias is
reduced, so deep stacks on high keys are duller.

"""


def section(folder: Path, name: str, cls: type[synths.AudioSynth]) -> str:
    """One synth's presets."""
    rows = "\n".join(row(folder, name, cls, preset) for preset in presets.names(name))
    return f"## {cls.__name__}\n\n| preset | sound | measured | listen |\n|---|---|---|---|\n{rows}\n"


def row(folder: Path, synth: str, cls: type[synths.AudioSynth], name: str) -> str:
    """One preset's line of the table; its sounds are written beside the page."""
    preset = presets.preset(synth, name)
    sounds = (
        cls(sample_rate=RATE, seconds=SECONDS, ranges=preset.parameters).play(torch.arange(N_MEASURED)).double().numpy()
    )
    medians = {claim: np.median([MEASURES[claim](sound, RATE) for sound in sounds]) for claim in preset.claims}
    measured = "; ".join(
        f"{claim} {number(medians[claim])} ({number(low)} to {number(high)})"
        for claim, (low, high) in preset.claims.items()
    )
    audio = player(folder, f"presets/{synth}-{name}", sounds[:N].reshape(-1), RATE)
    return f"| {name} | {preset.about} | {measured} | {audio} |"


def measures() -> str:
    """What the names of the claims mean."""
    return "## Measures\n\n" + "\n".join(f"- `{name}`: {measure.__doc__}" for name, measure in MEASURES.items()) + "\n"


@torch.no_grad()
def write(folder: Path) -> None:
    """Writes presets.md and its sounds."""
    with_presets = {name: cls for name, cls in synths.catalogue(synths.AudioSynth).items() if presets.names(name)}
    sections = [section(folder, name, cls) for name, cls in with_presets.items()]
    text = INTRO.format(last=N_MEASURED - 1) + "\n".join([*sections, measures()])
    (folder / "presets.md").write_text(text, encoding="utf-8")
