"""Objectives from checkpoints: the encoder, what was asked of it, and the words it knows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from doppelganger.checkpoints import class_named, find_file, load_checkpoint, load_encoder, put_weights
from doppelganger.encoders.text.encoder import TextEncoder
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.objective import Objective

Part = TypeVar("Part", bound=nn.Module)
Kind = TypeVar("Kind", bound=Objective)

_RECIPE = {"class", "arguments"}


def recipe_of(objective: Objective) -> dict[str, Any]:
    """What makes an objective again, besides its encoder and weights, in plain data.

    Raises:
        ValueError: it has not been built.
    """
    if objective.labels is None:
        raise ValueError("expected an objective that knows its labels; call build first")
    return {**_described(objective), "labels": objective.labels.describe()}


def load_objective(path: str | Path, kind: type[Kind] = Objective) -> Kind:
    """The objective of a checkpoint with its encoder, ready to be asked.

    Args:
        path: a checkpoint, or a folder in which the newest is taken.
        kind: what it has to be.

    Returns:
        the objective in evaluation mode.

    Raises:
        FileNotFoundError: nothing there.
        ValueError: not a checkpoint that learned from labels, or by another kind of objective. Nothing inside is
            executed.
    """
    file = find_file(path)
    if file.suffix == ".safetensors":
        raise ValueError(f"{file} holds an encoder alone; name the checkpoint (.ckpt) that it was exported from")
    checkpoint = load_checkpoint(file)
    if "objective" not in checkpoint:
        raise ValueError(
            f"{file} did not learn from labels; train one with `python train.py fit --config configs/supervised/...`"
        )
    recipe = checkpoint["objective"]
    if not issubclass(found := class_named(recipe["class"], Objective), kind):
        raise ValueError(f"{file} learned by {found.__name__}; expected a checkpoint of a {kind.__name__}")
    objective = _made(recipe, kind, encoder=load_encoder(file))
    objective.build(LabelSpace.read(recipe["labels"]))
    prefix = "objective."
    weights = {k.removeprefix(prefix): v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}
    put_weights(objective, weights, f"{file}: expected the weights of the {found.__name__} it describes")
    return objective.eval()


def _described(part: Objective | TextEncoder) -> dict[str, Any]:
    arguments = {
        name: _described(value) if isinstance(value, TextEncoder) else value for name, value in part.arguments.items()
    }
    return {"class": f"{type(part).__module__}.{type(part).__qualname__}", "arguments": arguments}


def _made(recipe: Mapping[str, Any], base: type[Part], **more: Any) -> Part:
    arguments = {
        name: _made(value, TextEncoder) if isinstance(value, dict) and value.keys() == _RECIPE else value
        for name, value in recipe["arguments"].items()
    }
    return class_named(recipe["class"], base)(**arguments, **more)
