"""Commands of README, docs and help take the flags that the pages give them."""

import importlib
import re

import pytest

from synths.command_line.usage import Parser
from tests.docs.test_paths import PAGES, ROOT, commands_of

# Its commands name plug-ins, and tests/adding runs them.
PLUGINS = "docs/adding.md"


def parse(program: str, words: list[str]) -> None:
    parser = Parser(prog=f"{program} {words[0]}")
    importlib.import_module(f"{program}.commands.{words[0].replace('-', '_')}").configure(parser)
    parser.parse_args(words[1:])


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_commands_of_a_page_have_their_flags(page):
    if page == ROOT / PLUGINS:
        pytest.skip("tests/adding runs these commands")
    text = "\n".join(re.findall(r"```(?:bash|console)\n(.*?)```", page.read_text(encoding="utf-8"), re.S))
    for program, words in commands_of(text):
        if program in ("synths", "doppelganger"):
            parse(program, words)


def test_a_stale_flag_is_found():
    with pytest.raises(SystemExit):
        parse("synths", ["render", "voice", "--number", "3"])
