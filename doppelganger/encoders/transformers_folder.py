"""Read a model of Hugging Face's transformers and its feature extractor from a folder, running none of its code."""

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from synths.files.plain_data import reason

_FEATURES = ("input_values", "input_features")
_LOCAL = {"local_files_only": True, "trust_remote_code": False}
_NOT_SHAPES = ("_name_or_path", "dtype", "torch_dtype", "id2label", "label2id", "transformers_version", "auto_map")
_EXTRACTORS = ("preprocessor_config.json", "processor_config.json")


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]]:
    """The configuration of the model, the settings of the feature extractor, and the weights of the audio tower.

    Raises:
        ValueError: transformers is not installed; a folder that lacks a file; weights that are not safetensors or not
            those of the model; a model that takes no audio.
    """
    _require_files(folder)
    transformers = _transformers()
    try:
        with _quiet(transformers):
            model, report = transformers.AutoModel.from_pretrained(
                str(folder), use_safetensors=True, output_loading_info=True, **_LOCAL
            )
            tower = _audio_tower(model.float())
            if not any((folder / name).is_file() for name in _EXTRACTORS):
                raise ValueError(
                    f"it has no feature extractor: expected {_EXTRACTORS[0]}, which save_pretrained of the model's "
                    "feature extractor writes; copy it from where the model comes from"
                )
            extractor = transformers.AutoFeatureExtractor.from_pretrained(str(folder), **_LOCAL)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError, LookupError, AttributeError, ImportError) as error:
        raise ValueError(f"{folder}: {_reason(error)}") from error
    # Masks of the training alone are often left out of a checkpoint.
    missing = sorted(name for name in report["missing_keys"] if not name.endswith("masked_spec_embed"))
    if missing:
        raise ValueError(
            f"{folder}: expected the weights of {type(model).__name__}; {len(missing)} are missing and would be "
            f"random, {missing[0]} first"
        )
    config = {name: value for name, value in config.items() if name not in _NOT_SHAPES}
    return config, json.loads(extractor.to_json_string()), tower.state_dict()


def random_model(config: Mapping[str, Any]) -> Any:
    """The audio tower of the model of a configuration, with random weights.

    Raises:
        ValueError: transformers is not installed or has no such model, or one that takes no audio.
    """
    transformers = _transformers()
    shape = transformers.AutoConfig.for_model(config.get("model_type", "")).from_dict(dict(config))
    return _audio_tower(transformers.AutoModel.from_config(shape, trust_remote_code=False).float())


def extractor_of(settings: Mapping[str, Any]) -> Any:
    """The feature extractor with these settings.

    Raises:
        ValueError: transformers has none of that name for audio.
    """
    transformers = _transformers()
    name = str(settings.get("feature_extractor_type"))
    cls = getattr(transformers, name, None)
    if not (isinstance(cls, type) and issubclass(cls, transformers.SequenceFeatureExtractor)):
        raise ValueError(f"expected a feature extractor of transformers for audio; got {name}")
    return cls.from_dict(dict(settings))


def _transformers() -> Any:
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise ValueError(
            f"models of transformers need its package: pip install 'doppelganger-audio[transformers]' ({error})"
        ) from None


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Without progress bars, and without the list of weights of a classifier that is left out."""
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _require_files(folder: Path) -> None:
    if not folder.is_dir():
        raise ValueError(
            f"expected transformers:FOLDER, a folder that save_pretrained wrote; there is no folder {folder} "
            "(nothing is downloaded)"
        )
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} has no config.json; expected a folder that save_pretrained of a model wrote")
    if not any(folder.glob("*.safetensors")):
        others = ", ".join(sorted(path.name for path in folder.glob("*.bin"))) or "no weights"
        raise ValueError(
            f"{folder}: expected weights as .safetensors; found {others}. Save the model again with "
            "save_pretrained(folder): other formats run code when they are loaded"
        )


def _audio_tower(model: Any) -> Any:
    """The part of a model that embeds audio."""
    tower = getattr(model, "audio_model", model)
    if getattr(tower.config, "is_encoder_decoder", False):
        tower = tower.get_encoder()
    if tower.main_input_name not in _FEATURES:
        raise ValueError(f"expected a model that takes audio; {type(model).__name__} takes {tower.main_input_name}")
    return tower


def _reason(error: Exception) -> str:
    text = reason(error)
    if "trust_remote_code" in text or "custom code" in text:
        return (
            "its model is code in the folder, which is not run here; load it in a class of your own and name that as "
            "package.module:Class"
        )
    return text
