"""Show the parameters of a synth.

One row per parameter: range, unit, curve (1 is linear, less favours low values, or values near the middle if
symmetric) and meaning.

examples:
  python -m synths describe voice
  python -m synths describe voice --json
"""

import json
from argparse import ArgumentParser, Namespace

from synths.commands import _options
from synths.commands._tables import show
from synths.parameters.parameter import Parameter, extent_of


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("synth", help=_options.SYNTH)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    _options.add_ranges(parser)


def run(args: Namespace) -> None:
    space = _options.build(args).space
    if args.json:
        print(json.dumps(space.describe(), indent=2))
    else:
        show(("name", "range", "unit", "curve", "meaning"), [_row(p) for p in space])


def _row(p: Parameter) -> tuple[str, ...]:
    return p.name, extent_of(p), "" if p.unit == "none" else p.unit, f"{p.curve:g}{' symmetric' * p.symmetric}", p.doc
