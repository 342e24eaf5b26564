"""The text decoder, against torch's own."""

from typing import Any

import torch
from torch import nn

from doppelganger.encoders.positions import with_positions
from doppelganger.encoders.text.decoder import TextDecoder


@torch.no_grad()
def test_a_text_decoder_is_torchs_with_a_last_norm():
    torch.manual_seed(0)
    ours = TextDecoder(n_words=7, frame_dim=6, dim=8, depth=2, n_heads=2).eval()
    layer: Any = ours.layers[0]
    theirs = nn.TransformerDecoder(layer, 2, nn.LayerNorm(8)).eval()
    theirs.layers.load_state_dict(ours.layers.state_dict())
    frames, words = torch.randn(3, 5, 6), torch.randint(7, (3, 4))
    seen = with_positions(ours.frames(frames))
    causal = nn.Transformer.generate_square_subsequent_mask(4)
    expected = ours.head(theirs(with_positions(ours.words(words)), seen, tgt_mask=causal))
    torch.testing.assert_close(ours.autoregressive(frames, words), expected)
    masks = ours.words.weight[-1].expand(3, 4, 8)
    torch.testing.assert_close(ours.parallel(frames, 4), ours.head(theirs(with_positions(masks), seen)))
