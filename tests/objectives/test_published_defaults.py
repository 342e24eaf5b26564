"""Defaults that come from papers, as the papers print them."""

import inspect

import pytest

from doppelganger.encoders.masking import RandomMasking
from doppelganger.objectives.byol import BYOL
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.losses.alignment_uniformity import AlignmentUniformity
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from doppelganger.streams.perturbations import Gaussian

DECODER = {"decoder_dim": 512, "decoder_depth": 8, "decoder_heads": 16}
PUBLISHED = {
    # Wang and Isola, 2020: figure 5 and public code (align_loss alpha=2, uniform_loss t=2, their sum).
    AlignmentUniformity: {"alpha": 2, "t": 2, "alignment_weight": 1, "uniformity_weight": 1},
    # Chen et al., 2020, table 5: the best temperature.
    NTXent: {"temperature": 0.1},
    # He et al., 2022, table 1 (depth 8, width 512, 75 %, normalised targets) and public code (models_mae.py: 16 heads).
    MaskedAutoencoder: DECODER | {"norm_pix": True},
    RandomMasking: {"ratio": 0.75},
    # Niizumi et al., 2023, section 4.1 and public code: the decoder of He et al.
    MaskedModelingDuo: DECODER | {"decay": 0.99995},
    # Niizumi et al., 2021, and public code (config.yaml).
    BYOL: {"hidden_dim": 4096, "projection_dim": 256, "decay": 0.99},
    # Tschannen et al., 2023, section 3: parallel prediction for 75 % of a batch.
    Captioning: {"parallel": 0.75},
    # Cherep and Singh, 2025, section 4.
    Gaussian: {"delta": 0.25},
}


@pytest.mark.parametrize("cls", PUBLISHED, ids=lambda cls: cls.__name__)
def test_defaults_are_those_published(cls):
    parameters = inspect.signature(cls).parameters
    assert {name: parameters[name].default for name in PUBLISHED[cls]} == PUBLISHED[cls]
