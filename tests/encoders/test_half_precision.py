"""An encoder in half precision: its front end stays exact, and embeddings are nearly those of single precision."""

import pytest
import torch

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.encoders import ConvolutionalEncoder

SOUND = torch.randn(3, 8000, generator=torch.Generator().manual_seed(0)) / 10
ENCODERS = {
    "vit": lambda: AudioEncoder(
        "audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 2, "patch_size": [16, 8]}
    ),
    "convolutional": lambda: ConvolutionalEncoder(LogMel(n_mels=16), dim=16, window_s=0.5),
    "small": lambda: load_encoder("small"),
}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ENCODERS)
def test_embeddings_are_nearly_those_of_single_precision(name, dtype):
    torch.manual_seed(0)
    encoder = ENCODERS[name]().eval()
    sound = torch.nn.functional.pad(SOUND, (0, max(encoder.window - 8000, 0)))[:, : encoder.window]
    with torch.no_grad():
        expected, spectrogram = encoder(sound), encoder.frontend(sound)
        half = encoder.to(dtype)
        assert torch.equal(half.frontend(sound), spectrogram)
        for given in (sound, sound.to(dtype)):
            found = half(given)
            assert found.dtype == dtype
            assert torch.cosine_similarity(found.float(), expected).min() > 0.99


def test_a_front_end_goes_to_another_device_and_keeps_its_precision():
    front_end = LogMel().to("meta", torch.float16)
    assert front_end.banks.device.type == "meta" and front_end.banks.dtype == torch.float32
