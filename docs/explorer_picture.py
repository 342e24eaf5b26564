"""The picture of the explorer in README and docs: python -m docs.explorer_picture. Needs playwright and Chromium."""

import shutil
import threading
from pathlib import Path

from PIL import Image

from doppelganger.explorer.api import Api
from doppelganger.explorer.server import Server

PICTURE = Path(__file__).parent / "images" / "explorer.png"
LINK = "?synth=voice&index=13&delta=0.05&n=3&seconds=1.5&rate=22050"


def write(picture: Path) -> None:
    """Draws the first tab of the page, in a window of 1200 x 900 pixels."""
    from playwright.sync_api import sync_playwright  # pyright: ignore[reportMissingImports]

    with Server(Api("small")) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(server.url + LINK)
        page.locator("#similarity li").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=picture)
        Image.open(picture).quantize(128).save(picture, optimize=True)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    write(PICTURE)
