"""Arguments that commands share: the synth and its settings."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from typing import Any

from synths import presets
from synths.command_line.usage import UsageError, naming, whole
from synths.finding import Kind, find
from synths.synth import Synth

# Help of an argument that names a synth.
SYNTH = "a name that `python -m synths list` shows, or package.module:Class for one of your own"

# What a synth raises that cannot be made from the settings.
_UNFIT = (ValueError, TypeError, ImportError, OSError)


def add_ranges(parser: ArgumentParser) -> None:
    """--set and --preset."""
    parser.add_argument(
        "--set",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="fix a parameter, or all that match a pattern such as 'mod_matrix.*', or narrow the range with "
        "NAME=LOW:HIGH, in its physical unit; may be repeated, and wins over --preset (quote names with * or ->)",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="a preset of the synth; a YAML file of parameters to fix (name: value) or narrow (name: [low, high]); "
        "theta.json as match writes it; or sounds.jsonl:N, line N of what render writes",
    )


def add_sound(parser: ArgumentParser) -> None:
    """--sample-rate, --oversample, --seconds and --distribution."""
    parser.add_argument(
        "--sample-rate",
        type=whole(1),
        metavar="HZ",
        help="default: that of --preset, unless --midi is given, or the synth's own",
    )
    parser.add_argument(
        "--oversample",
        type=whole(1),
        metavar="N",
        help="render at N times the sample rate, then decimate: less folds back (default: 1; 3 suits 16 kHz)",
    )
    parser.add_argument(
        "--seconds",
        type=positive,
        metavar="S",
        help="length of a sound (default: that of --preset, or the synth's own)",
    )
    parser.add_argument(
        "--distribution",
        help="how to draw parameters: theta (uniform in [0, 1] before the curves, the default), physical (uniform in "
        "physical units), presets (near the presets of the synth), presets:FOLDER (near those of a folder), or "
        "presets:FOLDER:DELTA, with the standard deviation of the distance, in theta (default: 0.05)",
    )


def build(args: Namespace, kind: type[Kind] = Synth) -> Kind:
    """The synth of the arguments, of one kind; see `build_and_settings`."""
    return build_and_settings(args, kind)[0]


def build_and_settings(
    args: Namespace, kind: type[Kind] = Synth, as_in_preset: tuple[str, ...] = ()
) -> tuple[Kind, dict[str, Any]]:
    """The synth of the arguments, of one kind, and the arguments of its class.

    Args:
        args: parsed flags.
        kind: base class of the synth.
        as_in_preset: fields of a `Preset`, which hold where their flag is not given.

    Raises:
        UsageError: an unknown synth, or settings that it does not take.
    """
    given = {name: getattr(args, name, None) for name in ("sample_rate", "oversample", "seconds", "distribution")}
    given = {name: value for name, value in given.items() if value is not None}
    with naming("SYNTH"):
        make = find(args.synth, kind)
    synth = _made(make, args.synth, given)
    ranges, kept = {}, {}
    if args.preset:
        with naming(f"--preset {args.preset}", (ValueError, OSError)):
            preset = presets.find(args.synth, args.preset, synth.space.origin)
            ranges = preset.parameters
            synth.space.narrow(ranges)
        kept = {name: getattr(preset, name) for name in as_in_preset if name not in given}
        kept = {name: value for name, value in kept.items() if value not in (None, getattr(synth, name))}
    with naming("--set"):
        synth.space.narrow(dict(args.set))
    settings = {"ranges": {**ranges, **dict(args.set)}, **given, **kept}
    if not kept:
        return make(**settings), settings
    with naming(f"--preset {args.preset}", _UNFIT):
        return make(**settings), settings


def _made(make: Callable[..., Kind], name: str, given: dict[str, Any]) -> Kind:
    """The synth; one is free to take other arguments than these, and may need a package that is not installed."""
    flags = {argument: f"--{argument.replace('_', '-')}" for argument in given}
    with naming(" ".join([name, *(f"{flag} {given[argument]}" for argument, flag in flags.items())]), _UNFIT):
        try:
            return make(**given)
        except TypeError as error:
            for argument, flag in flags.items():
                if f"unexpected keyword argument '{argument}'" in str(error):
                    raise UsageError(f"{name} takes no {flag}; leave it out") from None
            raise


def setting(text: str) -> tuple[str, float | list[float]]:
    """Type of an argument that sets a parameter: name=60, or name=40:80 for a range."""
    name, _, value = text.partition("=")
    try:
        ends = [float(end) for end in value.split(":")]
    except ValueError:
        ends = []
    if not name or len(ends) not in (1, 2):
        raise ArgumentTypeError(f"expected NAME=VALUE or NAME=LOW:HIGH; got {text!r}")
    return name, ends if len(ends) == 2 else ends[0]


def positive(text: str) -> float:
    """Type of an argument that is a number above 0."""
    number = _finite(text)
    if number is None or number <= 0:
        raise ArgumentTypeError(f"expected a number above 0; got {text!r}")
    return number


def not_negative(text: str) -> float:
    """Type of an argument that is a number of at least 0."""
    number = _finite(text)
    if number is None or number < 0:
        raise ArgumentTypeError(f"expected a number of at least 0; got {text!r}")
    return number


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
