"""The part of the front page that plays: sounds and their doppelgängers, and what the small encoder scores."""

import json
from pathlib import Path

import torch

import synths
from docs import players
from docs.figure_tables import score_cell, table
from doppelganger import Gaussian, PairStream

RATE, SECONDS, DELTAS = 22050, 1.5, (0.05, 0.1, 0.25)
# A sound of each synth that has something to compare, by its index.
SOUNDS = {"voice": 13, "formant": 13, "subtractive": 13}
SMALL = Path(__file__).parents[1] / "results" / "small.json"
TASKS = {"esc10": "ESC-10 (environmental sounds)", "fsdd": "spoken digits", "arabic_speech_commands": "Arabic words"}
TITLES = {"trained": "`small`", "random": "the same network, random weights", "log_mel": "log-mel statistics"}


@torch.no_grad()
def write(folder: Path) -> None:
    """Writes parts/front_players.md with its sounds, and parts/front_scores.md."""
    (folder / "parts").mkdir(exist_ok=True)
    text = "\n\n".join(_players(folder, name, index) for name, index in SOUNDS.items())
    (folder / "parts" / "front_players.md").write_text(text + "\n", encoding="utf-8")
    (folder / "parts" / "front_scores.md").write_text(_scores(), encoding="utf-8")


def _players(folder: Path, name: str, index: int) -> str:
    synth = synths.find(name)(sample_rate=RATE, seconds=SECONDS)
    item = torch.tensor([index])
    sounds = {"original": synth.play(item)}
    sounds |= {f"delta {delta:g}": PairStream(synth, Gaussian(delta=delta))(item).a for delta in DELTAS}
    found = [
        players.player(folder, f"front/{name}-{number}", sound[0].numpy(), RATE, f"{type(synth).__name__}, {title}")
        for number, (title, sound) in enumerate(sounds.items())
    ]
    return players.row(found)


def _scores() -> str:
    tasks = json.loads(SMALL.read_text(encoding="utf-8"))["tasks"]
    lines = [["encoder", *(TASKS[task["name"]] for task in tasks)]]
    for encoder, title in TITLES.items():
        lines.append([title, *(score_cell(task["protocols"]["linear"]["encoders"][encoder]) for task in tasks)])
    return table(lines) + "\n"
