"""The parser of the training command: configs by name; a mistake in a config is one line."""

import difflib
import inspect
import re
import sys
from argparse import ArgumentTypeError
from typing import Any, NoReturn

from pytorch_lightning import Trainer
from pytorch_lightning.cli import LightningArgumentParser

from doppelganger.missing_packages import DISTRIBUTION, command_for
from lightning_modules.configuration.allowed import allow_only
from lightning_modules.configuration.errors import reduced, with_places
from lightning_modules.configuration.files import names, with_paths
from synths.command_line.usage import own_module

_TOP = ("model", "data", "name", "ckpt_path", "seed_everything", "config", "wandb")
EPILOG = (
    "--allow PACKAGE ...: refuse class paths of other packages than these, torch's optimizers and layers, Lightning "
    "and ours; --import MODULE ...: import modules of your own first, such as those with classes that a checkpoint "
    "names; --quiet: show no progress; --verbose: show where in the program an error was found"
)


class HelpfulParser(LightningArgumentParser):
    """Finds configs by name; says what is wrong with a config in one line.

    `--allow`, `--import`, `--quiet` and `--verbose` are taken from the command line alone: a config cannot set them.
    """

    def parse_args(self, args: Any = None, *more, **options) -> Any:
        args, packages = without_option(sys.argv[1:] if args is None else list(args), "--allow")
        args, modules = without_option(args, "--import")
        args, given = [argument for argument in args if argument not in ("--verbose", "--quiet")], args
        args += ["--trainer.enable_progress_bar=false"] if "--quiet" in given else []
        try:
            if packages is not None:
                allow_only(packages)
            for module in modules or ():
                own_module(module)
            args = with_paths(args)
            require_config_first(args)
        except (FileNotFoundError, ValueError) as error:
            self.error(str(error))
        except ArgumentTypeError as error:
            self.error(f"--import: {error}")
        return super().parse_args(args, *more, **options)

    def error(self, message: str, *args, **kwargs) -> NoReturn:
        if denied := re.search(r"Importing '([\w.]+)' is not allowed", message):
            message = (
                f"--allow: the config names {denied[1]}, which is of no allowed package; add its package to --allow"
            )
        elif (missing := re.search(r"No module named '(\w+)", message)) and DISTRIBUTION in command_for(missing[1]):
            message = f"no package {missing[1]}: {command_for(missing[1])}"
        elif inner := re.search(r"no package \w+: [^\n]+", message):  # said by the parser of a part
            message = inner[0]
        elif message.startswith("the following arguments are required: ") and self.exit_on_error:
            message += "\n  Name a config: fit --config quickstart; doppelganger-train --help lists them"
        message = with_places(message)
        if self.exit_on_error:  # not of a part, whose message becomes one line with that of the whole
            message = reduced(message) + _nearest(message)
        super().error(message, *args, **kwargs)

    def print_usage(self, file: Any = None) -> None:
        """Nothing before an error: fifty lines of options would hide it."""
        if file is not sys.stderr:
            super().print_usage(file)


def without_option(arguments: list[str], option: str) -> tuple[list[str], list[str] | None]:
    """Arguments without an option of several values, and its values; None where it is absent."""
    rest, values, taking = [], None, False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name == option:
            values, taking = [*(values or []), *filter(None, value.split(","))], not equals
        elif taking and not argument.startswith("-"):
            values = [*(values or []), argument]
        else:
            taking = False
            rest.append(argument)
    return rest, values


def require_config_first(arguments: list[str]) -> None:
    """Refuse keys of the model and the data that stand before all configs.

    Raises:
        ValueError: names the first such key. A config would replace its value, and says which class it is of.
    """
    options = [argument.partition("=")[0] for argument in arguments if argument.startswith("-")]
    n_before = next((i for i, option in enumerate(options) if option in ("-c", "--config")), 0)
    for option in options[:n_before]:
        if re.fullmatch(r"--(model|data)([.+].*)?", option):
            raise ValueError(f"expected --config before {option}: a config replaces what stands before it")


def _nearest(message: str) -> str:
    """The nearest keys, where a key of no class is unknown; --config, where a config stands without it."""
    if (word := re.match(r"unrecognized arguments: ([\w./]+)", message)) and word[1].removesuffix(".yaml") in names():
        return f"; did you mean --config {word[1]}?"
    found = re.match(r"Subcommand '\w+' does not accept option '([\w.]+)'|unrecognized arguments: --([\w.]+)", message)
    key = found[1] or found[2] if found else ""
    near = difflib.get_close_matches(key, [*_TOP, *_trainer_keys()], n=3) if key else []
    return f"; did you mean {', '.join(near)}?" if near else ""


def _trainer_keys() -> list[str]:
    return [f"trainer.{name}" for name in inspect.signature(Trainer).parameters]
