"""Every objective, found by walking the package and made small."""

import importlib
import inspect
import math
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from doppelganger import AudioEncoder, LogMel, objectives
from doppelganger.encoders import ConvolutionalEncoder, Encoder
from doppelganger.encoders.text.encoder import TextTransformer
from doppelganger.objectives import losses
from doppelganger.objectives.objective import Objective
from doppelganger.streams.pairs import Pairs
from doppelganger.streams.stream import Stream
from tests.objectives.eight_sounds import stream_of

# Small values of arguments, by name.
SMALL = {
    "dim": 32,
    "depth": 1,
    "n_heads": 2,
    "longest": 12,
    "decoder_dim": 32,
    "decoder_depth": 1,
    "decoder_heads": 2,
    "hidden_dim": 32,
    "projection_dim": 16,
    "projection_dims": [32, 16],
    "decay": 0.9,
    "temperature": 0.5,
}
# Least loss of eight items, where it is not 0: both views on one corner of a regular simplex, whose other corners have
# a cosine of -1/7 and a squared distance of 16/7.
FLOORS = {"NTXent": math.log(1 + 14 * math.exp((-1 / 7 - 1) / 0.5)), "AlignmentUniformity": -2 * 16 / 7}


class Case(typing.NamedTuple):
    """An objective and, where it has one of several, its loss."""

    cls: type[Objective]
    loss: type[nn.Module] | str | None

    @property
    def name(self) -> str:
        loss = self.loss.__name__ if isinstance(self.loss, type) else self.loss
        return "-".join(filter(None, (self.cls.__name__, loss)))

    @property
    def floor(self) -> float:
        """Least loss of eight items."""
        return FLOORS.get(self.name.rpartition("-")[2], 0.0)

    @property
    def batch_kind(self) -> type:
        """What its forward takes a batch of."""
        return typing.get_type_hints(self.cls.forward)["batch"]

    def stream(self) -> Stream:
        return stream_of(self.batch_kind)

    def objective(self, seed: int = 0) -> Objective:
        """A small one with the layers that its data decide."""
        made = self.unbuilt(seed)
        made.build(self.stream())
        return made

    def unbuilt(self, seed: int = 0) -> Objective:
        """A small one."""
        torch.manual_seed(seed)
        arguments = small(self.cls)
        if self.loss:
            arguments["loss"] = self.loss(**small(self.loss)) if isinstance(self.loss, type) else self.loss
        if "text" in inspect.signature(self.cls).parameters:
            arguments["text"] = TextTransformer(32, 1, 2)
        return self.cls(self.encoder(), **arguments)

    def encoder(self) -> Encoder:
        """Without dropout: with batch norm for pairs, else a transformer."""
        takes = typing.get_type_hints(self.cls.__init__)["encoder"]
        if issubclass(self.batch_kind, Pairs) and takes is not AudioEncoder:
            return ConvolutionalEncoder(LogMel(n_mels=16, frame_multiple=1), dim=16, dropout=0.0, window_s=0.4)
        options = {"depth": 1, "patch_size": [16, 8]}
        return AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options)


def small(cls: type) -> dict[str, Any]:
    """Arguments of a class with a small value."""
    return {name: SMALL[name] for name in inspect.signature(cls).parameters if name in SMALL}


def classes_in(package: Any, base: type) -> list[type]:
    """Every concrete subclass that a module of the package defines."""
    found = []
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        members = vars(importlib.import_module(module.name)).values()
        found += [cls for cls in members if inspect.isclass(cls) and cls.__module__ == module.name]
    return [cls for cls in found if issubclass(cls, base) and not inspect.isabstract(cls)]


def _cases() -> Iterator[Case]:
    for cls in classes_in(objectives, Objective):
        hint = typing.get_type_hints(cls.__init__).get("loss")
        if hint is nn.Module:
            yield from (Case(cls, loss) for loss in classes_in(losses, nn.Module))
        else:
            yield from (Case(cls, loss) for loss in typing.get_args(hint) or [None])


CASES = list(_cases())
