"""The parser of the training command: configs by name; an unknown key or name lists the nearest."""

import difflib
import importlib
import inspect
import re
import sys
from typing import Any, NoReturn

from pytorch_lightning import Trainer
from pytorch_lightning.cli import LightningArgumentParser

from doppelganger.extras import command_for
from lightning_modules.config_files import with_paths

_DUMP = 200  # characters of a line that nobody reads


class HelpfulParser(LightningArgumentParser):
    """Finds configs by name; ends the message on an unknown key with the nearest known ones."""

    def parse_args(self, args: Any = None, *more, **options) -> Any:
        try:
            args = with_paths(sys.argv[1:] if args is None else args)
        except FileNotFoundError as error:
            self.error(str(error))
        return super().parse_args(args, *more, **options)

    def error(self, message: str, *args, **kwargs) -> NoReturn:
        if missing := re.search(r"No module named '(\w+)", message):
            message = f"no package {missing[1]}: {command_for(missing[1])}"
        elif inner := re.search(r"no package \w+: [^\n]+", message):  # said by the parser of a part
            message = inner[0]
        elif "arguments are required: " in message:
            message += "\n  Name a config: fit --config quickstart; doppelganger-train --help lists them"
        super().error(_without_dumps(message) + _nearest(message), *args, **kwargs)

    def print_usage(self, file: Any = None) -> None:
        """Nothing before an error: fifty lines of options would hide it."""
        if file is not sys.stderr:
            super().print_usage(file)


def _without_dumps(message: str) -> str:
    """A message without the whole config of a part."""
    lines = message.splitlines()
    return "\n".join(line for line in lines if len(line) < _DUMP or not line.lstrip().startswith("Given value"))


def _nearest(message: str) -> str:
    unknown = re.search(
        r"Option '([\w.]+)' is not accepted|not accept option '([\w.]+)'|arguments: --([\w.]+)", message
    )
    if not unknown:
        return ""
    key = next(filter(None, unknown.groups()))
    owners = re.findall(r"class_path '([\w.]+)'", message[: unknown.start()])
    accepted = _arguments(owners[-1]) if owners else _trainer_keys() if key.startswith("trainer.") else set()
    near = difflib.get_close_matches(key, accepted, n=3)
    return f"\n  Unknown key: {key}\n  Did you mean: {', '.join(near)}?" if near else ""


def _arguments(class_path: str) -> set[str]:
    module, _, name = class_path.rpartition(".")
    bases = inspect.getmro(getattr(importlib.import_module(module), name))
    named = {a.name for base in bases for a in inspect.signature(base.__init__).parameters.values()}
    return named - {"self", "args", "kwargs"}


def _trainer_keys() -> set[str]:
    return {f"trainer.{name}" for name in inspect.signature(Trainer).parameters}
