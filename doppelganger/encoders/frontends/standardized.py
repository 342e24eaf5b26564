"""Standardized: any front end, at mean 0 and deviation 1 without a constant."""

import torch
from torch import Tensor, nn

from doppelganger.encoders.frontends.frontend import FrontEnd


class Standardized(FrontEnd):
    """The spectrograms of another front end, standardised by one mean and one variance of all their numbers.

    In training these are the batch's; afterwards the averages over all batches of the training, which are saved with
    the weights. Before any training nothing is changed.

    Args:
        frontend: front end whose spectrograms are standardised.

    Source: batch normalisation (Ioffe and Szegedy, 2015) without scale and shift, as on the input of PANNs (Kong et
    al., 2020), there a band each.
    """

    def __init__(self, frontend: FrontEnd):
        super().__init__(frontend.sample_rate, frontend.shortest, 1, frame_multiple=1, mean=0.0, deviation=1.0)
        self.frame_multiple, self.hop_s = frontend.frame_multiple, frontend.hop_s
        self.frontend = frontend
        self.statistics = nn.BatchNorm2d(1, affine=False, momentum=None)  # None: the plain average over batches

    @property
    def n_bands(self) -> int:
        return self.frontend.n_bands  # a sound of zeros is no part of the training

    def energies(self, waveform: Tensor) -> Tensor:
        return self.frontend.energies(waveform)

    def forward(self, waveform: Tensor) -> Tensor:
        with torch.autocast(waveform.device.type, enabled=False):
            return self.statistics(self.frontend(waveform))
