"""A package that is missing or does not fit, in one line: which, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from synths.command_line.usage import UsageError

DISTRIBUTION = "doppelganger-audio"
_OURS = ("synths", "doppelganger", "lightning_modules", "")
# Modules that are not named like the distribution they come from.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "pyyaml"}
_DISTRIBUTIONS |= dict.fromkeys(("pytorch_lightning", "lightning_fabric"), "pytorch-lightning")


@contextmanager
def naming_missing_packages() -> Iterator[None]:
    """Turn the error on a package that is not installed into a UsageError with the command that installs it.

    So is the error of a torchvision that was built for another torch: Lightning's metrics import it where it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module in _OURS:  # a mistake of ours
            raise
        raise UsageError(f"no package {module}: {command_for(module)}") from error
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        raise UsageError(torchvision_does_not_fit()) from error


def torchvision_does_not_fit() -> str:
    """What to do about a torchvision that was built for another torch."""
    from importlib import metadata

    import torch  # names the build too, such as +cpu

    return (
        f"torchvision {metadata.version('torchvision')} was built for another torch than {torch.__version__}: "
        "install both from one index, as pytorch.org/get-started shows, or remove it with "
        "`pip uninstall torchvision`, which only timm needs"
    )


def command_for(module: str) -> str:
    """The command that installs a module, by the first extra of pyproject.toml that has it."""
    from importlib import metadata  # as slow to import as all of --help

    distribution = _DISTRIBUTIONS.get(module, module)
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        requirements = []
    for requirement in requirements:
        name, extra = re.match(r"[\w.-]+", requirement), re.search(r"extra == \W(\w+)", requirement)
        if name and name.group().lower() == distribution.lower():
            return f"pip install '{DISTRIBUTION}[{extra.group(1)}]'" if extra else f"pip install {DISTRIBUTION}"
    return f"pip install {distribution}"
