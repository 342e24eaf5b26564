"""ONNX: one file that onnxruntime reads without torch."""

import json
import logging
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from doppelganger.encoders import Encoder, SpectrogramEncoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.export.about import network_name
from synths import files

try:
    import onnxscript  # noqa: F401  (the exporter of torch needs it)
    from torch.onnx import OnnxExporterError
except ImportError as error:
    raise ValueError(f"ONNX needs {error.name}: pip install 'doppelganger-audio[export]'") from None

# Says four times that torchvision is not installed, whose operations no encoder here has.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write model.onnx: waveform (batch, n_samples) to embedding (batch, embedding_dim).

    Any batch size and length, except that a backbone for spectrograms of one size, such as a vision transformer, takes
    the length of a window.

    Raises:
        ValueError: an encoder without a front end of ours, or an operation of the encoder that ONNX lacks.
    """
    if not isinstance(encoder, SpectrogramEncoder):
        raise ValueError(
            f"expected an encoder with a front end of this project; {network_name(about['recipe'])} in a "
            f"{type(encoder).__name__} has none that ONNX can express: use the format safetensors"
        )
    free = {0: "batch", 1: "samples"} if encoder.any_length else {0: "batch"}
    try:
        with warnings.catch_warnings():
            # torch calls a function of its own that is deprecated.
            warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
            program = torch.onnx.export(
                _Exportable(encoder),
                (torch.randn(2, encoder.window),),
                dynamic_shapes={"waveform": free},
                input_names=["waveform"],
                output_names=["embedding"],
                dynamo=True,
                verbose=False,
            )
    except OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise ValueError(
            f"expected an encoder that ONNX can express; {network_name(about['recipe'])} behind "
            f"{type(encoder.frontend).__name__} is not ({reason})"
        ) from None
    assert program is not None  # with dynamo it never is
    program.model.metadata_props["doppelganger"] = json.dumps(about)
    path = folder / "model.onnx"
    with files.replacing(path) as temporary:
        program.save(temporary, external_data=False)
    return [path]


class _Exportable(nn.Module):
    def __init__(self, encoder: SpectrogramEncoder):
        super().__init__()
        self.encoder = encoder
        frontend = encoder.frontend
        self.frontend = FourierLogMel(frontend) if type(frontend) is LogMel else frontend
        self.eval()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.encoder.embed_spectrogram(self.frontend(waveform))


class FourierLogMel(nn.Module):
    """`LogMel` as a convolution with windowed sines and cosines.

    The Fourier transform of onnxruntime is a hundred times slower than torch's, and runs on the CPU only; a
    convolution runs everywhere. For inference: the gradient of a silent band is infinite.

    Args:
        log_mel: front end to reproduce.
    """

    basis: Tensor
    bands: Tensor

    def __init__(self, log_mel: LogMel):
        super().__init__()
        # LogMel pads the window with zeros, which changes only the phase: left out.
        sample = torch.arange(log_mel.n_frame, dtype=torch.float64)
        bin = torch.arange(log_mel.n_fft // 2 + 1, dtype=torch.float64)
        phase = 2 * math.pi * bin[:, None] * sample / log_mel.n_fft
        basis = torch.cat([phase.cos(), phase.sin()]) * log_mel.window.double()
        self.register_buffer("basis", basis[:, None].float())
        self.register_buffer("bands", log_mel.banks.clone())
        self.hop, self.offset, self.frame_multiple = log_mel.n_hop, log_mel.offset, log_mel.frame_multiple
        self.mean, self.deviation = log_mel.mean, log_mel.deviation
        self.normalize = log_mel.normalize if log_mel.normalize_peak else nn.Identity()

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) to log-mel (batch, 1, n_mels, n_frames)."""
        waveform = self.normalize(waveform)
        real, imaginary = nn.functional.conv1d(waveform[:, None], self.basis, stride=self.hop).chunk(2, dim=1)
        magnitude = (real.square() + imaginary.square()).sqrt()
        spectrogram = ((self.bands @ magnitude + self.offset).log() - self.mean) / self.deviation
        # A slice [:n - n % multiple] has a length that the exporter cannot reason about.
        n_frames = spectrogram.shape[-1] // self.frame_multiple * self.frame_multiple
        return spectrogram[:, None].narrow(-1, 0, n_frames)
