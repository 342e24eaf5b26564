from functools import partial

import torch
from torch import nn

from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from lightning_modules.callbacks.weight_summary import summary
from lightning_modules.pretraining import PretrainingModule


def test_it_counts_the_weights_that_learn():
    encoder = ConvolutionalEncoder(dim=None)  # 640 + 2 * 36,928 of convolutions, 3 * 128 of norms
    module = PretrainingModule(Contrastive(encoder, NTXent(), [16]), partial(torch.optim.SGD, lr=0.1))
    head = 512 * 16 + 16
    assert summary(module) == (
        f"Trains {(74_880 + head) / 1e3:.1f} k weights: encoder (ConvolutionalEncoder) 74.9 k, "
        f"projection ({type(module.objective.projection).__name__}) {head / 1e3:.1f} k"
    )
    encoder.requires_grad_(False)
    assert "encoder" not in summary(module)


def test_a_module_without_parts_of_its_own():
    assert summary(nn.Sequential(nn.Linear(3, 2))) == "Trains 8 weights: 0 (Linear) 8"


def test_weights_of_two_parts_count_once():
    encoder = nn.Linear(3, 2)
    module = nn.ModuleDict({"encoder": encoder, "classifier": nn.Sequential(encoder, nn.Linear(2, 5))})
    assert summary(module) == "Trains 23 weights: encoder (Linear) 8, classifier (Sequential) 15"
