"""Show every synth.

example:
  python -m synths list
"""

import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from synths.catalogue import catalogue
from synths.commands._tables import show
from synths.synth import AudioSynth, Synth


def configure(parser: ArgumentParser) -> None:
    """No arguments."""


def run(args: Namespace) -> None:
    show(
        ("name", "parameters", "makes", "description"),
        [_row(name, synth) for name, synth in catalogue().items()],
    )


def _row(name: str, make: Callable[..., Synth]) -> tuple[str, ...]:
    synth = make()
    summary = (inspect.getdoc(make) or "").partition("\n")[0]
    if isinstance(synth, AudioSynth):
        makes = f"{synth.seconds:g} s at {synth.sample_rate} Hz"
    else:
        makes = "{} bands x {} frames".format(*synth.shape)
    return name, str(len(synth.space)), makes, summary
