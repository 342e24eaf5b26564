"""Build the documentation into site/: python -m docs.build [--quick]

Pages are the Markdown files of docs/ and what GENERATORS write beside copies of them in build/docs.
"""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

from sphinx.cmd.build import build_main

from docs import api, concept_pictures, demos, front_page, gallery, parameter_page, preset_page, results_page

ROOT = Path(__file__).parents[1]
PAGES, SITE = ROOT / "build" / "docs", ROOT / "site"
# A generator is a function that writes its pages, pictures and sounds into a folder of pages.
GENERATORS: tuple[Callable[[Path], None], ...] = (
    api.write,
    concept_pictures.write,
    demos.write,
    front_page.write,
    gallery.write,
    parameter_page.write,
    preset_page.write,
    results_page.write,
)
SLOW = (demos.write, gallery.write, preset_page.write)


def build(pages: Path, site: Path, quick: bool = False) -> int:
    """Writes all pages and the site.

    Args:
        pages: folder of the pages, made anew.
        site: folder of the site, made anew.
        quick: without the pages that render sounds of every synth.

    Returns:
        0, or the exit status of Sphinx. Warnings are errors, except with `quick`, where links to pages are missing.
    """
    for folder in (pages, site):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", pages / "configs")
    (pages / "_static").mkdir()
    for name in ("style.css", "accessible.js", "sort.js"):
        (pages / name).rename(pages / "_static" / name)
    for write in GENERATORS:
        if not (quick and write in SLOW):
            write(pages)
    strict = [] if quick else ["--fail-on-warning", "--keep-going"]
    return build_main(["--quiet", *strict, "-d", str(pages / ".doctrees"), str(pages), str(site)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the pages of all sounds and patterns")
    raise SystemExit(build(PAGES, SITE, parser.parse_args().quick))
