"""Fine-tuning: an encoder that goes on learning, from labelled recordings, to name classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torchaudio
from timm.optim._param_groups import param_groups_layer_decay
from torch import Tensor, nn
from torch.utils.data import Dataset

from doppelganger.encoders import AudioEncoder
from doppelganger.evaluation.task import Task


class SpecAugment(nn.Module):
    """Hides bands and stretches of time of every picture, each clip's own, behind its mean.

    Args:
        n_bands, n_frames: how wide a hidden band and how long a hidden stretch may be, in bands and frames.

    Source: Park et al., SpecAugment, 2019; one mask of each kind.
    """

    def __init__(self, n_bands: int = 12, n_frames: int = 20):
        super().__init__()
        self.bands = torchaudio.transforms.FrequencyMasking(n_bands, iid_masks=True)
        self.frames = torchaudio.transforms.TimeMasking(n_frames, iid_masks=True)

    def forward(self, picture: Tensor) -> Tensor:
        """Picture (batch, 1, n_bands, n_frames) to one like it."""
        mean = picture.mean(dim=(2, 3), keepdim=True)
        return self.frames(self.bands(picture - mean)) + mean


class Classifier(nn.Module):
    """An encoder and a linear layer: waveform (batch, n_samples) to logits (batch, n_classes).

    Args:
        encoder: all of it goes on learning.
        n_classes: size of the layer.
        augmentation: of pictures, while training; none leaves them as they are.
    """

    def __init__(self, encoder: AudioEncoder, n_classes: int, augmentation: nn.Module | None = None):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.embedding_dim, n_classes)
        self.augmentation = augmentation or nn.Identity()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.encoder.frontend(waveform))

    def classify(self, picture: Tensor) -> Tensor:
        """Logits of pictures (batch, 1, n_bands, n_frames)."""
        return self.head(self.encoder.backbone(self.augmentation(picture) if self.training else picture))

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """For an optimizer: the deeper a layer lies below the head, the smaller its learning rate.

        Args:
            weight_decay: of weights; biases and norms have none.
            layer_decay: factor from one layer to the one below, 1 for none; in `lr_scale` of each group.
        """
        groups = param_groups_layer_decay(self.encoder.backbone, weight_decay, layer_decay=layer_decay)
        head = {"params": list(self.head.parameters()), "weight_decay": weight_decay, "lr_scale": 1.0}
        return [*groups, head]


def mixup(picture: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Every picture and target mixed with another's in the batch, all in one proportion from Beta(alpha, alpha).

    Args:
        picture: (batch, ...).
        target: (batch, n_classes), float.
        alpha: the larger, the more even the mixture.

    Source: Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(picture), device=picture.device)
    return torch.lerp(picture[other], picture, share), torch.lerp(target[other], target, share)


def cutmix(picture: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """A rectangle of every picture replaced by another's in the batch, and of its target as much as its area.

    Args:
        picture: (batch, 1, n_bands, n_frames).
        target: (batch, n_classes), float.
        alpha: the larger, the nearer the rectangle's share of the picture, from Beta(alpha, alpha), is to a half.

    Source: Yun et al., CutMix, 2019.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    low, high = [], []
    for n in picture.shape[2:]:
        centre, half = int(torch.randint(n, ())), round(n * (1 - share) ** 0.5) // 2
        low.append(max(centre - half, 0))
        high.append(min(centre + half, n))
    inside = torch.zeros(picture.shape[2:], dtype=torch.bool, device=picture.device)
    inside[low[0] : high[0], low[1] : high[1]] = True
    other = torch.randperm(len(picture), device=picture.device)
    kept = 1 - inside.to(target.dtype).mean()
    return torch.where(inside, picture[other], picture), torch.lerp(target[other], target, kept)


class Recordings(Dataset):
    """Clips of a task, all of one length, and what they are.

    Args:
        task: see `Task`.
        truth: bool (n_clips of the task, n_classes).
        rows: which clips.
        n_samples: of what comes out: a longer clip is cut, a shorter one ends in silence.
        train: cut a long clip at random, not at its start.
    """

    def __init__(self, task: Task, truth: np.ndarray, rows: Sequence[int], n_samples: int, train: bool):
        self.task, self.truth, self.rows, self.n_samples, self.train = task, truth, rows, n_samples, train

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        row = self.rows[item]
        waveform = torch.from_numpy(np.concatenate(list(self.task.blocks(row))))
        spare = len(waveform) - self.n_samples
        start = int(torch.randint(spare + 1, ())) if self.train and spare > 0 else 0
        waveform = waveform[start : start + self.n_samples]
        waveform = nn.functional.pad(waveform, (0, self.n_samples - len(waveform)))
        return waveform, torch.from_numpy(self.truth[row]).float()
