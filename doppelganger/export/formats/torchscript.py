"""TorchScript: one file that torch.jit.load reads without this project, from C++ too."""

import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from doppelganger.encoders import Encoder
from doppelganger.encoders.encoder import SpectrogramEncoder
from doppelganger.export.about import network_name
from synths import files


def save(encoder: Encoder, folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write model.pt: waveform (batch, n_samples) to embedding (batch, embedding_dim), any batch size and length.

    A backbone for spectrograms of one size, such as a vision transformer, takes sounds of a window's length.

    Raises:
        ValueError: a backbone whose operations depend on the size of the spectrogram, which a trace does not record.
    """
    path = folder / "model.pt"
    with warnings.catch_warnings(), torch.no_grad():
        # TorchScript is deprecated, but it is what C++ programs read today.
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.\w+. is deprecated", category=DeprecationWarning)
        # Traced checks of shapes hold only for the example; `_checked` replaces them.
        checks = r"doppelganger\.encoders\.(frontends\.frontend|vit)$|timm\.|torch$|torch\._tensor$"
        warnings.filterwarnings("ignore", category=TracerWarning, module=checks)
        traced = torch.jit.trace(_Traceable(encoder), torch.randn(2, encoder.window), check_trace=False)
        if not _agree(traced, encoder):
            backbone = network_name(about["recipe"])
            raise ValueError(f"expected an encoder for sounds of any length; a trace of {backbone} holds for one only")
        content = io.BytesIO()  # on a full disk torch raises no OSError
        torch.jit.save(traced, content, _extra_files={"config.json": json.dumps(about)})
    files.write(path, content.getvalue())
    return [path]


class _Traceable(nn.Module):
    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        self.shortest = encoder.frontend.shortest if isinstance(encoder, SpectrogramEncoder) else 1
        self.checked = torch.jit.script(_checked)  # a trace records no condition
        self.eval()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.encoder(self.checked(waveform, self.shortest))


def _agree(traced: Any, encoder: Encoder) -> bool:
    """Whether both embed another batch alike, of longer sounds where these are allowed."""
    waveform = torch.randn(3, (2 if encoder.any_length else 1) * encoder.window)
    try:
        return torch.allclose(traced(waveform), encoder(waveform), atol=1e-4)
    except RuntimeError:
        return False


def _checked(waveform: Tensor, shortest: int) -> Tensor:
    if waveform.dim() != 2 or waveform.size(1) < shortest:
        raise ValueError(f"expected waveforms (batch, n_samples) of at least {shortest} samples; got {waveform.shape}")
    return waveform
