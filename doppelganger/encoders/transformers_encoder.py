"""TransformersEncoder: an audio model of Hugging Face's transformers, with its own feature extractor."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from doppelganger.encoders.encoder import Encoder
from doppelganger.encoders.transformers_folder import extractor_of, random_model, read_folder
from synths.files.plain_data import reason

_ANY_LENGTH_S = 10.0  # window of a model that takes sounds of any length
_PASS_S = 64.0  # sound in one forward pass: a wav2vec2 base then needs about 1 GB
_SHORTEST_S = 0.1  # the first layers of wav2vec2 and the frames of AST need 25 ms


class TransformersEncoder(Encoder):
    """AST, wav2vec2, HuBERT, WavLM, the encoder of Whisper, the audio tower of CLAP, and others of transformers.

    The embedding is the pooled output of the model (AST: mean of its two class tokens; CLAP: mean over time and
    frequency, before the projection), and without one the mean over time of the last hidden state. Frames are the last
    hidden states in time order, averaged over frequency where the model has patches.

    Zeros at the end of a sound count as padding and are removed: the feature extractor pads in its own way (AST with
    zeros in the log-mel, CLAP by repeating the sound), and the mean over time covers the sound alone. Frames after the
    end repeat the last one. A sound's embedding does not depend on the other sounds of the batch.

    Args:
        config: configuration of the model, as in its config.json.
        extractor: settings of the feature extractor, as in its preprocessor_config.json.
        window_s: see `Encoder`; None for the length that the feature extractor pads to, or 10 s if it has none.

    Raises:
        ValueError: transformers is not installed, or has no such model or feature extractor; a model that takes no
            audio or returns no hidden states.

    Gradient: flows to the weights, not to the waveform: the feature extractor is NumPy on the CPU.
    """

    removes_padding = True

    def __init__(self, config: Mapping[str, Any], extractor: Mapping[str, Any], window_s: float | None = None):
        super().__init__()
        self.model, self.extractor = random_model(config), extractor_of(extractor)
        self.sample_rate = int(self.extractor.sampling_rate)
        self.longest = _longest(self.extractor)
        self.window_s = window_s or (self.longest / self.sample_rate if self.longest else _ANY_LENGTH_S)
        if self.longest and self.window > self.longest:
            longest_s = self.longest / self.sample_rate
            raise ValueError(f"window_s: expected at most {longest_s:g}, which the feature extractor cuts to")
        self._n_frames: dict[int, int] = {}
        self.embedding_dim = self._tried()

    @classmethod
    def from_folder(cls, folder: str | Path, window_s: float | None = None) -> TransformersEncoder:
        """The model and the feature extractor that `save_pretrained` wrote into a folder. Runs no code of the folder.

        Raises:
            ValueError: a folder that lacks a file, weights that are not safetensors or not those of the model, or see
                the class.
        """
        config, extractor, weights = read_folder(Path(folder))
        with torch.random.fork_rng(devices=[]):
            encoder = cls(config, extractor, window_s)
        encoder.model.load_state_dict(weights)
        return encoder.eval()

    @torch.no_grad()
    def _tried(self) -> int:
        """Size of the embedding of a short sound."""
        try:
            return self.eval()._run(np.zeros((1, self.window), np.float32))[0].shape[1]
        except (RuntimeError, TypeError, KeyError, IndexError) as error:
            raise ValueError(
                f"expected a feature extractor whose features {type(self.model).__name__} takes; those of "
                f"{type(self.extractor).__name__} fail: {reason(error)}"
            ) from error

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> TransformersEncoder:
        """Raises ValueError for a configuration with a backbone, which may be downloaded."""
        if "backbone" in str(arguments.get("config")):
            raise ValueError("expected the configuration of an audio model; this one names a backbone to download")
        return cls(**arguments)

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) at `sample_rate`, at most what the extractor takes, to (batch, embedding_dim)."""
        return self._run(self._numpy(waveform))[0]

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        rows = self._numpy(waveform)
        embedding, frames = self._run(rows)
        n_frames = self._frames_of(rows.shape[1])
        return embedding, torch.stack([_fit(of_row, n_frames) for of_row in frames])

    def _numpy(self, waveform: Tensor) -> np.ndarray:
        if waveform.ndim != 2:
            raise ValueError(f"expected waveforms (batch, n_samples); got {tuple(waveform.shape)}")
        if self.longest and waveform.shape[1] > self.longest:
            raise ValueError(
                f"expected sounds of at most {self.longest} samples, which the feature extractor cuts to; "
                f"got {waveform.shape[1]}"
            )
        return waveform.detach().float().cpu().numpy()

    def _frames_of(self, n_samples: int) -> int:
        """Number of frames of a sound of that length without padding at its end."""
        if n_samples not in self._n_frames:
            with torch.no_grad():
                self._n_frames[n_samples] = len(self._run(np.ones((1, n_samples), np.float32))[1][0])
        return self._n_frames[n_samples]

    def _run(self, rows: np.ndarray) -> tuple[Tensor, list[Tensor]]:
        """Embeddings (batch, embedding_dim), and each sound's own frames (n_frames, embedding_dim)."""
        sounds = [_without_padding(row, round(_SHORTEST_S * self.sample_rate)) for row in rows]
        features = [self._features(sound) for sound in sounds]
        by_shape: dict[tuple, list[int]] = {}
        for i, of_sound in enumerate(features):
            by_shape.setdefault(tuple(value.shape for value in of_sound.values()), []).append(i)
        n = max(int(_PASS_S * self.sample_rate / rows.shape[1]), 1)
        found: dict[int, tuple[Tensor, Tensor]] = {}
        for alike in by_shape.values():
            for chunk in (alike[i : i + n] for i in range(0, len(alike), n)):
                output = self._forward([features[i] for i in chunk])
                pooled, states = getattr(output, "pooler_output", None), _in_time(output, self.model.config)
                for row, i in enumerate(chunk):
                    covered = len(sounds[i]) / max(self.longest or 0, len(sounds[i]))
                    frames = states[row, : max(math.ceil(covered * states.shape[1]), 1)]
                    found[i] = frames.mean(dim=0) if pooled is None else pooled[row], frames
        ordered = [found[i] for i in range(len(rows))]
        return torch.stack([embedding for embedding, _ in ordered]), [frames for _, frames in ordered]

    def _features(self, sound: np.ndarray) -> dict[str, Tensor]:
        """The extractor's features of one sound, so that they do not depend on its neighbours."""
        features = dict(self.extractor([sound], sampling_rate=self.sample_rate, return_tensors="pt"))
        if "is_longer" in features:
            # CLAP's marks one sound of every batch at random as longer than it takes; none is.
            features["is_longer"] = torch.zeros_like(features["is_longer"], dtype=torch.bool)
        taken = inspect.signature(self.model.forward).parameters
        return {name: value for name, value in features.items() if name in taken}

    def _forward(self, features: list[dict[str, Tensor]]) -> Any:
        parameter = next(self.model.parameters())
        together = {name: torch.cat([each[name] for each in features]) for name in features[0]}
        return self.model(
            **{
                name: value.to(parameter.device, parameter.dtype if value.is_floating_point() else value.dtype)
                for name, value in together.items()
            }
        )


def _longest(extractor: Any) -> int | None:
    """Length in samples to which an extractor pads and cuts every sound; None if it takes any length."""
    for name in ("n_samples", "nb_max_samples"):  # Whisper, CLAP
        if getattr(extractor, name, None):
            return int(getattr(extractor, name))
    if hasattr(extractor, "max_length") and hasattr(extractor, "num_mel_bins"):  # AST, in frames of 10 ms
        return int(extractor.max_length) * extractor.sampling_rate // 100
    return None


def _in_time(output: Any, config: Any) -> Tensor:
    """The last hidden state as (batch, n_frames, dim)."""
    states = getattr(output, "last_hidden_state", None)
    if states is None:
        raise ValueError(f"expected a model with a last_hidden_state; it returns {', '.join(output.keys())}")
    if states.ndim == 4:  # CLAP: (batch, dim, bands, frames)
        return states.mean(dim=2).transpose(1, 2)
    if config.model_type == "audio-spectrogram-transformer":  # two class tokens, then patches band by band
        n_bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
        return states[:, 2:].unflatten(1, (n_bands, -1)).mean(dim=1)
    return states


def _without_padding(row: np.ndarray, shortest: int) -> np.ndarray:
    ends = np.flatnonzero(row)
    kept = row[: ends[-1] + 1] if len(ends) else row[:0]
    return np.pad(kept, (0, max(shortest - len(kept), 0)))


def _fit(frames: Tensor, n: int) -> Tensor:
    """The first n frames, the last one repeated if there are fewer."""
    return frames[torch.arange(n, device=frames.device).clamp(max=len(frames) - 1)]
