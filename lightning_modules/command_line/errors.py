"""Errors of a training in one line; --verbose shows the traceback."""

import re
import sys

from lightning_modules.configuration.errors import reduced
from synths.command_line.usage import message_of

# Errors of a config, a file or a folder. Others are mistakes of the program, whose traceback is wanted.
USERS = (ValueError, OSError)


def wants_traceback() -> bool:
    """Whether --verbose is on the command line."""
    return "--verbose" in sys.argv


def one_line(error: BaseException) -> str:
    """The message of an error, without what jsonargparse says about alternatives that were not meant."""
    text = _without_traceback(message_of(error), type(error)).strip() or type(error).__name__
    if is_of_a_lost_rank(error):
        text = f"another process of this training has ended; --ckpt_path last goes on ({text.rpartition('] ')[2]})"
    return f"{' '.join(reduced(text).split())} (--verbose shows where)"


def _without_traceback(text: str, kind: type[BaseException]) -> str:
    """The message alone of an error in a worker of a data loader, to which torch adds the worker's traceback."""
    if not text.startswith(f"Caught {kind.__name__} in "):
        return text
    return re.split(rf"\n(?:\w+\.)*{kind.__name__}: ", text)[-1]


def is_of_a_lost_rank(error: BaseException) -> bool:
    """Whether gloo lost the connection to another rank."""
    return isinstance(error, RuntimeError) and "gloo" in str(error) and "peer" in str(error)


def is_refused_by_trainer(error: BaseException) -> bool:
    """Whether Lightning refused an argument of its Trainer. Known by name, since Lightning takes seconds to import."""
    return type(error).__name__ == "MisconfigurationException"


def weights_do_not_fit(error: BaseException) -> bool:
    """Whether torch refused the weights of a checkpoint for a network of other sizes."""
    return isinstance(error, RuntimeError) and str(error).startswith("Error(s) in loading state_dict")
