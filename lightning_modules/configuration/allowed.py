"""Which packages the class paths of a config may come from."""

import inspect
from collections.abc import Sequence

import jsonargparse

from synths import plugins

ALWAYS = (
    "synths",
    "doppelganger",
    "lightning_modules",
    "torch.nn",
    "torch.optim",
    "pytorch_lightning",
    "lightning_fabric",
)


def allow_only(packages: Sequence[str]) -> None:
    """From now on, class paths and plug-ins of other packages than these and `ALWAYS` are refused before their import.

    Raises:
        ValueError: no name of a package, or a jsonargparse that cannot refuse an import.
    """
    if "import_path_allowlist" not in inspect.signature(jsonargparse.set_parsing_settings).parameters:
        raise ValueError("--allow needs a newer jsonargparse: pip install --upgrade jsonargparse")
    wrong = [name for name in packages if not all(part.isidentifier() for part in name.split("."))]
    if wrong:
        raise ValueError(f"--allow: expected names of packages, such as my_package; got {' '.join(wrong)}")
    allowed = [*ALWAYS, *packages]
    jsonargparse.set_parsing_settings(import_path_denylist=["*"], import_path_allowlist=allowed)
    plugins.allow_only(allowed)
