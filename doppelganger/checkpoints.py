"""Checkpoints that rebuild themselves: an encoder with its front end, its weights and where it came from."""

import importlib
import json
import pickle
import sys
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder, fetches_weights
from doppelganger.frontends import FrontEnd

EXPORTED = "model.safetensors"
Kind = TypeVar("Kind")
_ELSEWHERE = {".pt": "torch.jit.load(path)", ".onnx": "onnxruntime.InferenceSession(path)"}


def load_encoder(path: str | Path, backbone_options: Mapping[str, Any] | None = None) -> AudioEncoder:
    """The encoder of a checkpoint, ready to embed: waveform (batch, n_samples) -> (batch, embedding_dim).

    Args:
        path: a checkpoint, an exported model.safetensors, a folder with the latter, or one in which the newest
            checkpoint is taken.
        backbone_options: in place of its own, such as `drop_path_rate` for fine-tuning.

    Returns:
        the encoder in evaluation mode, with `sample_rate`, `window_s` and `embedding_dim`.

    Raises:
        FileNotFoundError: nothing there.
        ValueError: not a checkpoint of this project, or its backbone options name files or downloads. Nothing inside
            is executed, fetched or written.
    """
    file = find_file(path)
    if file.suffix == ".safetensors":
        about, weights = load_exported(file)
        recipe = about["recipe"]
    else:
        checkpoint = load_checkpoint(file)
        recipe, prefix = checkpoint["encoder"], "encoder."
        weights = {k.removeprefix(prefix): v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}
    frontend_class: type[FrontEnd] = class_named(recipe["frontend"], FrontEnd)
    frontend = frontend_class(**recipe["frontend_arguments"])
    arguments = dict(recipe["arguments"])
    options = {**arguments["backbone_options"], **(backbone_options or {})}
    if fetching := sorted(name for name in options if fetches_weights(name)):
        raise ValueError(
            f"{file}: expected backbone_options without {', '.join(fetching)}: a checkpoint holds its own weights, "
            "and loading one neither downloads nor reads other files"
        )
    arguments["backbone_options"] = options
    encoder = AudioEncoder(**arguments, frontend=frontend)
    put_weights(encoder, weights, f"{file}: expected the weights of the encoder it describes")
    return encoder.eval()


def put_weights(module: nn.Module, weights: Mapping[str, Any], expected: str) -> None:
    """Gives a module the weights of a file.

    Raises:
        ValueError: they are those of another; the message begins with what was `expected`.
    """
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        wrong = sorted(module.state_dict().keys() ^ weights.keys()) or ["of another size"]
        raise ValueError(
            f"{expected}; {len(wrong)} are missing, too many or of another size, {wrong[0]} first"
        ) from None


def find_file(path: str | Path) -> Path:
    """The file with the weights: the one at the path, or in a folder what was exported there, or its newest checkpoint.

    Newer checkpoints that are cut off are passed over with a warning.

    Raises:
        FileNotFoundError: nothing there.
        ValueError: a form that carries its own code.
    """
    path = Path(path)
    if path.is_dir():
        exported = path / EXPORTED
        path = exported if exported.is_file() else _newest_checkpoint(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}; train one with `python train.py fit --config ...`")
    if path.suffix in _ELSEWHERE:
        raise ValueError(
            f"{path} is loaded with {_ELSEWHERE[path.suffix]}; expected a checkpoint or an exported {EXPORTED}"
        )
    return path


def _newest_checkpoint(folder: Path) -> Path:
    files = sorted((p for p in folder.rglob("*.ckpt") if p.is_file()), key=lambda p: p.stat().st_mtime_ns, reverse=True)
    # The directory of a zip file, which torch.save writes, stands at its end.
    whole = next((p for p in files if zipfile.is_zipfile(p)), None)
    if whole and whole != files[0]:
        warnings.warn(f"{files[0]} is not a whole checkpoint; {whole} is taken instead", stacklevel=3)
    return whole or next(iter(files), folder / "*.ckpt")


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The contents of a checkpoint, with the newest in a folder; see `load_encoder`."""
    path = find_file(path)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise ValueError(f"{path} is not a checkpoint that can be loaded safely: {_first_line(error)}") from None
    if not isinstance(checkpoint, dict) or not {"encoder", "state_dict"} <= checkpoint.keys():
        raise ValueError(f"{path} holds no encoder; expected a checkpoint written by train.py")
    return checkpoint


def load_exported(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What `python -m doppelganger export` wrote into a .safetensors: all about the encoder, and its weights."""
    try:
        with safe_open(path, framework="pt") as file:
            about = (file.metadata() or {}).get("doppelganger")
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a .safetensors file, or not a whole one: {_first_line(error)}") from None
    if about is None:
        raise ValueError(f"{path} holds no encoder of ours; expected one that `python -m doppelganger export` wrote")
    return json.loads(about), weights


def class_named(class_path: str, base: type[Kind]) -> type[Kind]:
    """The class that a checkpoint names. It may name only code that is ours or that the user has already imported.

    Raises:
        ValueError: other code, or no subclass of `base`.
    """
    module, _, name = class_path.rpartition(".")
    if module.split(".")[0] == "doppelganger":
        importlib.import_module(module)
    if module not in sys.modules:
        raise ValueError(f"the checkpoint needs {class_path}; import {module} before loading it")
    found = getattr(sys.modules[module], name, None)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"the checkpoint's {class_path} is not of the class {base.__name__}")
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
