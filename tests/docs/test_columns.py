"""Prose of the documentation is at most 100 columns wide."""

import re

import pytest

from tests.docs.page import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_prose_is_at_most_100_columns_wide(page):
    text = re.sub(r"^(```+|:::+).*?^\1\s*$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    prose = [line for line in text.splitlines() if not line.startswith(("|", "![", "`", "<"))]
    assert not [line for line in prose if len(line) > 100 and " " in line[:100].strip()]
