"""What tests of the page in a browser share."""

import pytest

VOICE = "?synth=voice&seconds=0.5&index=3&n=2&delta=0.1"
TIMEOUT_MS = 120_000  # of a busy machine


def ready(page):
    """Waits until the sounds are drawn: the code is that of the link, and the similarity is there."""
    page.locator("#python:not(:empty)").wait_for()
    if page.locator("#similarity-block").is_visible():
        page.locator("#similarity li").first.wait_for()
    page.wait_for_load_state("networkidle")


def require_accessible(page, width):
    """No rule of axe is broken and nothing overflows the window's width in pixels."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    broken = [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found]
    assert broken == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
