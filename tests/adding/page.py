"""docs/adding.md: its sections, its files and its commands."""

import re
from pathlib import Path

import torch

from doppelganger import AudioEncoder

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def commands(section: str) -> list[str]:
    return [line for block in blocks(SECTIONS[section], "bash") for line in block.replace("\\\n", " ").splitlines()]


def save(encoder: AudioEncoder, folder: Path) -> None:
    """An encoder as a checkpoint in a folder."""
    folder.mkdir()
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    torch.save({"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}, folder / "last.ckpt")
