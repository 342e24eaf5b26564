"""Errors of a training in one line; --verbose shows the traceback."""

import re
import sys

# Errors of a config, a file or a folder. Others are mistakes of the program, whose traceback is wanted.
USERS = (ValueError, OSError)


def wants_traceback() -> bool:
    """Whether --verbose is on the command line."""
    return any(argument in ("--verbose", "--verbose=true") for argument in sys.argv)


def one_line(error: BaseException) -> str:
    """The message of an error, without what jsonargparse says about alternatives that were not meant."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if "Does not validate against any of the Union subtypes" in text:
        reasons = re.findall(r"^ *- (.*)$", text.partition("Given value type:")[0], re.MULTILINE)
        text = "; ".join(reason for reason in reasons if "NoneType" not in reason) or text
    return f"{' '.join(text.split())} (--verbose shows where)"


def weights_do_not_fit(error: BaseException) -> bool:
    """Whether torch refused the weights of a checkpoint for a network of other sizes."""
    return isinstance(error, RuntimeError) and str(error).startswith("Error(s) in loading state_dict")
