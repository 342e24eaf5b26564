"""Show every synth.

example:
  python -m synths list
"""

import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from synths.catalogue import catalogue
from synths.commands._tables import show
from synths.synth import Synth


def configure(parser: ArgumentParser) -> None:
    """No arguments."""


def run(args: Namespace) -> None:
    show(
        ("name", "parameters", "sample rate", "seconds", "description"),
        [_row(name, synth) for name, synth in catalogue().items()],
    )


def _row(name: str, make: Callable[..., Synth]) -> tuple[str, ...]:
    synth = make()
    summary = (inspect.getdoc(make) or "").partition("\n")[0]
    return name, str(len(synth.space)), f"{synth.sample_rate} Hz", f"{synth.seconds:g} s", summary
