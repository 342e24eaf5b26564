"""Event detection: which sources are active in which frames."""

import torch
from torch import Tensor, nn

from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import Events
from doppelganger.objectives.supervised import SupervisedObjective
from doppelganger.objectives.tagging import rare
from doppelganger.streams.labelled import LabelledSounds

_ROUNDING_S = 1e-5  # an event that ends on the edge of a frame does not reach into the next one


class EventDetection(SupervisedObjective):
    """Binary cross entropy of the activity of sources in frames, with one linear layer on the encoder's frames.

    Args:
        encoder: see `Objective`.

    Source: frame-level targets as in sound event detection, see Formula-SED, 2025 (arXiv 2504.04428).
    """

    head: nn.Linear

    def build_heads(self, labels: LabelSpace) -> None:
        """Raises ValueError where there are no sources."""
        if not labels.sources:
            raise ValueError("expected labels with sources (who sounds when); got none: use a synth with causes")
        self.head = rare(nn.Linear(self.encoder.frame_dim, len(labels.sources)))

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        logits = self.head(frames).float()
        frame_s = self.encoder.frame_s or batch.sound.shape[1] / self.encoder.sample_rate / logits.shape[1]
        active = activity(batch.labels.events, logits.shape[1], logits.shape[2], frame_s)
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, active.float())}


def activity(events: Events, n_frames: int, n_sources: int, frame_s: float) -> Tensor:
    """Whether a source is active in any part of a frame: bool (batch, n_frames, n_sources).

    Args:
        events: events of sounds.
        n_frames: number of frames.
        n_sources: number of sources that `events.source` counts.
        frame_s: time from a frame to the next, in seconds; the first starts with the sound.
    """
    edges_s = torch.arange(n_frames + 1, device=events.onset_s.device, dtype=events.onset_s.dtype) * frame_s
    before_end = events.onset_s[..., None] < edges_s[1:] - _ROUNDING_S
    after_start = events.offset_s[..., None] > edges_s[:-1] + _ROUNDING_S
    during = before_end & after_start & events.active[..., None]  # (batch, n_events, n_frames)
    source = torch.where(events.active, events.source, 0)
    is_source = nn.functional.one_hot(source, n_sources)  # (batch, n_events, n_sources)
    return (during.float().mT @ is_source.float()) > 0
