"""EVAR: the audio representation that eval-audio-repr's scripts make from a config.

In a checkout of nttcslab/eval-audio-repr, as config/doppelganger.yaml:

  audio_repr: ar_doppelganger.AR_Doppelganger
  weight_file: exported/
  feature_d: 512
  sample_rate: 16000
  batch_size: 64
  lr_lineareval: 0.0003
  report_per_epochs: 20
  early_stop_epochs: 20

with the encoder's embedding_dim and sample_rate, then

  python -c "import evar, doppelganger.adapters.evar as ours; evar.ar_doppelganger = ours; import lineareval as l; \\
    l.setup_dir(['results', 'logs']); l.lineareval_downstream('config/doppelganger.yaml', 'esc50')"

The kit calls `AR_Doppelganger(cfg)`, moves it to its device, calls `precompute(device, loader)`, and in a DataParallel
`forward` with sounds (batch, n_samples) of one length; for fine-tuning it also sets an augmentation of spectrograms.

Source: Niizumi et al., BYOL for Audio, 2023; EVAR's evar/ar_base.py.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from doppelganger.adapters import embed_frames, embed_sounds, encoder_named
from doppelganger.encoders.encoder import SpectrogramEncoder


class AR_Doppelganger(nn.Module):
    """An encoder with the methods of EVAR's BaseAudioRepr, without a dependency on the kit.

    Args:
        cfg: config; its `weight_file` is the path of the encoder.

    Raises:
        ValueError: a `sample_rate` or `feature_d` that is not the encoder's.
    """

    def __init__(self, cfg: Any):
        super().__init__()
        self.cfg = cfg
        self.filename_mode = False
        self.augmentation: Callable[[Tensor], Tensor] | None = None
        self.encoder = encoder_named(cfg["weight_file"])
        for key, is_ in ("sample_rate", self.encoder.sample_rate), ("feature_d", self.encoder.embedding_dim):
            if cfg.get(key, is_) != is_:
                raise ValueError(f"config: expected {key}: {is_}, as {cfg['weight_file']} has it; got {cfg[key]}")
        if isinstance(self.encoder, SpectrogramEncoder):
            self.encoder.frontend.register_forward_hook(self._augment)
        self.eval()

    def precompute(self, device: Any, data_loader: Any) -> None:
        """Does nothing: no statistics of the training set are needed."""

    def forward(self, batch_audio: Tensor) -> Tensor:
        """Sounds (batch, n_samples) to embeddings (batch, embedding_dim); gradients flow."""
        return embed_sounds(self.encoder, batch_audio)

    def encode_frames(self, batch_audio: Tensor) -> Tensor:
        """Sounds (batch, n_samples) to frames (batch, frame_dim, n_frames)."""
        return embed_frames(self.encoder, batch_audio).transpose(1, 2)

    def set_augment_tf_feature_fn(self, aug_fn: Callable[[Tensor], Tensor]) -> None:
        """Set an augmentation of spectrograms (batch, 1, n_bands, n_frames), applied in training mode."""
        self.augmentation = aug_fn

    def _augment(self, frontend: nn.Module, waveform: Any, spectrogram: Tensor) -> Tensor:
        return self.augmentation(spectrogram) if self.augmentation and self.training else spectrogram
