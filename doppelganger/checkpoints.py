"""Checkpoints: the only place that reads encoders and objectives from files."""

import difflib
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from doppelganger import weight_files
from doppelganger.encoders import Encoder
from doppelganger.hub import download, is_hub_name
from doppelganger.objectives.objective import Objective
from doppelganger.recipe import class_named, make
from doppelganger.untrusted import DAMAGED, bounded, require_intact, require_plain, require_uncompressed, require_usable
from doppelganger.weights import put_weights, weights_of
from synths.files.plain_data import parse_json, reason

EXPORTED = "model.safetensors"
_SHIPPED = Path(__file__).parent / "pretrained"  # a folder an encoder, as `python -m doppelganger export` writes it
Kind = TypeVar("Kind", bound=Objective)
_ELSEWHERE = {".pt": "torch.jit.load(path)", ".onnx": "onnxruntime.InferenceSession(path)"}


class OtherModel(ValueError):
    """A file of an encoder alone, or of another objective than the one that is asked for."""


def shipped_encoders() -> list[str]:
    """Names of the encoders that come with the package, for `load_encoder`."""
    return sorted(folder.name for folder in _SHIPPED.iterdir() if (folder / EXPORTED).is_file())


def load_encoder(path: str | Path, changes: Mapping[str, Any] | None = None) -> Encoder:
    """The encoder of a checkpoint in evaluation mode: waveform (batch, n_samples) -> (batch, embedding_dim).

    Args:
        path: a checkpoint, an exported model.safetensors, a folder with the latter, a folder whose newest checkpoint
            is taken, a name of `shipped_encoders`, such as "small", or a repository of the Hugging Face Hub,
            "user/repo" or "user/repo@revision". What is here comes first; a `Path` is never a name.
        changes: arguments of the encoder in place of its own, such as `pooling`; a dict adds to its own, such as
            `backbone_options: {drop_path_rate: 0.1}`. Weights of layers that it then lacks are left out.

    Returns:
        the encoder, with `sample_rate`, `window_s` and `embedding_dim`.

    Raises:
        FileNotFoundError: nothing there, or the Hub cannot be reached.
        ValueError: not a checkpoint of this project, or its backbone options name files or downloads. Nothing inside
            is executed, fetched or written, and what is made takes at most 1 GB and four times the size of the file.
            From the Hub, only model.safetensors is downloaded.
    """
    file = find_file(path)
    if file.suffix == ".safetensors":
        about, weights = load_exported(file)
        recipe = about["recipe"]
    else:
        checkpoint = load_checkpoint(file)
        recipe, weights = checkpoint["encoder"], weights_of(checkpoint, checkpoint["encoder_prefix"])
    encoder = _made(file, recipe, Encoder, changes or {})
    require_usable(file, encoder)
    if changes:
        weights = {name: value for name, value in weights.items() if name in encoder.state_dict()}
    put_weights(encoder, weights, f"{file}: expected the weights of the encoder it describes")
    return encoder.eval()


def load_objective(path: str | Path, kind: type[Kind] = Objective, **given: Any) -> Kind:
    """The objective of a checkpoint with its encoder, in evaluation mode.

    Args:
        path: a checkpoint, or a folder whose newest checkpoint is taken.
        kind: the class it must be of.
        given: arguments that a checkpoint does not keep, such as a loss of another library. An augmentation of another
            library that is not given is left out, with a warning: it is for training alone.

    Raises:
        FileNotFoundError: nothing there.
        OtherModel: a checkpoint without an objective, or of another kind of objective.
        ValueError: not a checkpoint. Nothing inside is executed.
    """
    try:
        file = find_file(Path(path))
    except FileNotFoundError:
        wanted = f"a checkpoint of a training with {kind.__name__}, or a folder with one"
        raise FileNotFoundError(f"no checkpoint at {path}; expected {wanted}") from None
    checkpoint = {} if file.suffix == ".safetensors" else load_checkpoint(file)
    if "objective" not in checkpoint:
        raise OtherModel(
            f"{file} holds an encoder alone; expected a checkpoint (.ckpt) of a training with {kind.__name__}"
        )
    recipe = checkpoint["objective"]
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("class"), str):
        raise ValueError(f"{file}: expected the recipe of an objective; got {str(recipe)[:80]}")
    if not issubclass(found := class_named(recipe["class"], Objective), kind):
        raise OtherModel(
            f"{file} was trained with {found.__name__}; expected a checkpoint of a training with {kind.__name__}"
        )
    objective = _made(file, recipe, kind, given)
    with bounded(file):
        objective.rebuild(recipe)
    require_usable(file, objective.encoder)
    weights = weights_of(checkpoint, "objective.")
    absent = {name for name in found.dispensable if getattr(objective, name, None) is None}
    weights = {name: value for name, value in weights.items() if name.partition(".")[0] not in absent}
    put_weights(objective, weights, f"{file}: expected the weights of the {found.__name__} it describes")
    return objective.eval()


def _made(file: Path, recipe: Mapping[str, Any], base: type, given: Mapping[str, Any]) -> Any:
    kept = recipe.get("arguments") if isinstance(recipe, Mapping) else None
    before = kept if isinstance(kept, Mapping) else {}
    arguments = {
        name: {**(before.get(name) or {}), **value} if isinstance(value, Mapping) else value
        for name, value in given.items()
    }
    with bounded(file):
        require_plain(recipe)
        return make(recipe, base, **arguments)


def find_file(path: str | Path) -> Path:
    """The file with the weights: the one at the path, or in a folder what was exported there, or its newest checkpoint.

    Where there is no such file or folder, a name of `shipped_encoders` is that encoder, and user/repo is the file in
    that repository of the Hugging Face Hub. Newer checkpoints that are cut off are passed over with a warning.

    Raises:
        FileNotFoundError: nothing there.
        ValueError: a form that carries its own code.
    """
    if isinstance(path, str) and not Path(path).exists() and is_hub_name(path):
        path = download(path, EXPORTED)
    path = Path(path)
    if not path.exists() and str(path) in shipped_encoders():
        path = _SHIPPED / path
    if path.is_dir():
        exported = path / EXPORTED
        path = exported if exported.is_file() else _newest_checkpoint(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no checkpoint at {path}; expected a checkpoint of a training, an exported encoder, a folder with one of "
            "them, user/repo@revision on the Hugging Face Hub, or the name of an encoder of the package: "
            f"{', '.join(shipped_encoders())}{_hint(path)}"
        )
    if path.suffix in _ELSEWHERE:
        raise ValueError(
            f"{path} is loaded with {_ELSEWHERE[path.suffix]}; expected a checkpoint or an exported {EXPORTED}"
        )
    return path


def _hint(path: Path) -> str:
    near = difflib.get_close_matches(path.name.lower(), shipped_encoders(), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _newest_checkpoint(folder: Path) -> Path:
    files = sorted((p for p in folder.rglob("*.ckpt") if p.is_file()), key=lambda p: p.stat().st_mtime_ns, reverse=True)
    # The directory of a zip file, which torch.save writes, stands at its end.
    whole = next((p for p in files if zipfile.is_zipfile(p)), None)
    if whole and whole != files[0]:
        warnings.warn(f"{files[0]} is not a whole checkpoint; {whole} is taken instead", stacklevel=3)
    return whole or next(iter(files), folder / "*.ckpt")


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The contents of a checkpoint, with the newest in a folder; see `load_encoder`."""
    path = find_file(Path(path))
    require_uncompressed(path)
    try:
        require_intact(path)
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        raise ValueError(
            f"{path}: expected a checkpoint written by doppelganger-train; it is none, not a whole one, or holds more "
            f"than tensors and plain data ({reason(error)})"
        ) from None
    if not isinstance(checkpoint, dict) or not {"encoder", "encoder_prefix", "state_dict"} <= checkpoint.keys():
        raise ValueError(f"{path} holds no encoder; expected a checkpoint written by doppelganger-train")
    if not isinstance(checkpoint["state_dict"], Mapping) or not isinstance(checkpoint["encoder_prefix"], str):
        raise ValueError(f"{path}: expected weights by name, and the prefix of the encoder's; the file is damaged")
    return checkpoint


def load_exported(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What `python -m doppelganger export` wrote into a .safetensors: all about the encoder, and its weights."""
    about, weights = weight_files.read(path, "doppelganger")
    if about is None:
        raise ValueError(f"{path} holds no encoder of ours; expected one that `python -m doppelganger export` wrote")
    try:
        content = parse_json(about)
    except ValueError as error:
        raise ValueError(f"{path}: metadata: {error}") from None
    if not isinstance(content, dict) or "recipe" not in content:
        raise ValueError(f"{path}: metadata: expected a recipe of the encoder; got {str(content)[:80]}")
    return content, weights
