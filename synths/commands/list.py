"""Show every synth, those of installed plug-ins included.

example:
  python -m synths list
"""

import inspect
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from synths.commands._tables import show
from synths.finding import catalogue
from synths.synth import AudioSynth, Synth


def configure(parser: ArgumentParser) -> None:
    """No arguments."""


def run(args: Namespace) -> None:
    show(
        ("name", "parameters", "makes", "description"),
        [_row(name, synth) for name, synth in catalogue(on_broken=_warn).items()],
    )


def _warn(message: str) -> None:
    print(message, file=sys.stderr)


def _row(name: str, make: Callable[..., Synth]) -> tuple[str, ...]:
    try:
        synth = make()
    except Exception as error:  # a plug-in may raise anything
        return name, "", "", f"cannot be made without arguments: {error}"
    summary = (inspect.getdoc(make) or "").partition("\n")[0]
    if isinstance(synth, AudioSynth):
        makes = f"{synth.seconds:g} s at {synth.sample_rate} Hz"
    else:
        makes = "{} bands x {} frames".format(*synth.shape)
    return name, str(len(synth.space)), makes, summary
