"""The blocks of a page, in its order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), re.S)


def commands(page: str) -> list[str]:
    return [line for block in blocks(page, "bash") for line in block.replace("\\\n", " ").splitlines()]
