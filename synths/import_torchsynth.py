"""Import torchsynth 1.0.2, which was written for the packages of 2021, beside those of today."""

import importlib
import importlib.resources
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType

import torch
from torch import nn


@cache
def import_torchsynth() -> ModuleType:
    """The package torchsynth 1.0.2, with `torchsynth.synth` and `torchsynth.config` loaded.

    It was written for a Lightning and a setuptools of 2021. Stand-ins for what it used of them are in sys.modules only
    while it is imported, and torch.pi, which it rounds to single precision, is restored.

    Raises:
        ImportError: torchsynth is not installed.
    """
    lightning = ModuleType("pytorch_lightning.core.lightning")
    resources = ModuleType("pkg_resources")
    # torchsynth.synth keeps the second one and reads its nebulae with it whenever a voice is made.
    vars(lightning)["LightningModule"] = _LightningModule
    vars(resources)["resource_string"] = _resource_string
    pi = torch.pi
    try:
        # Tensors of its modules and voices have gradients, also where inference mode is on at the first sound.
        with _lent({module.__name__: module for module in (lightning, resources)}), torch.inference_mode(False):
            importlib.import_module("torchsynth.synth")
    except ModuleNotFoundError as error:
        if error.name != "torchsynth":
            raise
        raise ImportError("torchsynth is not installed; pip install torchsynth==1.0.2") from error
    finally:
        torch.pi = pi
    return sys.modules["torchsynth"]


class _LightningModule(nn.Module):
    """All that torchsynth uses of a LightningModule."""

    @property
    def device(self) -> torch.device:
        return next((parameter.device for parameter in self.parameters()), torch.device("cpu"))


def _resource_string(module: str, path: str) -> bytes:
    return importlib.resources.files(module.partition(".")[0]).joinpath(path).read_bytes()


@contextmanager
def _lent(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    own = {name: sys.modules.pop(name) for name in modules if name in sys.modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(own)
