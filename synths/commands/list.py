"""Show every synth, those of installed plug-ins included.

Voices make one note or stroke, or a mixture of them; scenes make several events; patterns make spectrograms without
a sound.

example:
  python -m synths list
"""

import inspect
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from synths.commands._tables import console
from synths.finding import catalogue
from synths.procedural.scene import Scene
from synths.synth import AudioSynth, Synth


def configure(parser: ArgumentParser) -> None:
    """No arguments."""


def run(args: Namespace) -> None:
    from rich.table import Table
    from rich.text import Text

    groups: dict[str, dict[str, str]] = {"Voices": {}, "Scenes": {}, "Patterns": {}}
    for name, synth in catalogue(on_broken=_warn).items():
        groups[_group(synth)][name] = _description(synth)
    table = Table.grid(padding=(0, 2))
    for number, (title, synths) in enumerate(groups.items()):
        table.add_row(Text("\n" * (number > 0) + title, style="bold"))
        for name, description in synths.items():
            table.add_row(f"  {name}", description)
    console().print(table)


def _warn(message: str) -> None:
    print(message, file=sys.stderr)


def _group(synth: type[Synth]) -> str:
    if issubclass(synth, Scene):
        return "Scenes"
    return "Voices" if issubclass(synth, AudioSynth) else "Patterns"


def _description(make: Callable[..., Synth]) -> str:
    try:
        synth = make()
    except Exception as error:  # a plug-in may raise anything
        return f"cannot be made without arguments: {error}"
    summary = (inspect.getdoc(make) or "").partition("\n")[0]
    return f"{summary} {len(synth.space)} parameters, {synth.extent()}.".lstrip()
