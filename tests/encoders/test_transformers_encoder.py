"""Models of transformers: the embeddings of the model called by hand, padding, frames, and folders that lack a file."""

import json
import sys

import numpy as np
import pytest
import torch
import transformers

from doppelganger import load_encoder
from doppelganger.encoders.transformers_encoder import TransformersEncoder
from doppelganger.export.about import about
from doppelganger.export.formats import safetensors
from doppelganger.finding import find_encoder
from doppelganger.recipe import make
from tests.encoders.tiny_transformers import FAMILIES, save

RATES = {"clap": 48000}
WINDOWS = {"ast": 1.28, "whisper": 2.0, "clap": 1.0}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {family: save(family, root / family) for family in FAMILIES}


def noise(n_sounds, n_samples, seed=0):
    return torch.rand(n_sounds, n_samples, generator=torch.Generator().manual_seed(seed)) - 0.5


def by_hand(family, folder, sound):
    """The embedding of one sound (n_samples,), as the model card of the family has it."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    features = extractor(sound.numpy(), sampling_rate=extractor.sampling_rate, return_tensors="pt")
    with torch.no_grad():
        if family == "ast":
            return model(features["input_values"]).last_hidden_state[0, :2].mean(dim=0)
        if family == "clap":
            states = model.audio_model(features["input_features"], is_longer=torch.tensor([[False]])).last_hidden_state
            return states[0].mean(dim=(1, 2))
        if family == "whisper":  # 50 frames a second; the rest of the two seconds is padding
            states = model.encoder(features["input_features"]).last_hidden_state
            return states[0, : int(np.ceil(50 * len(sound) / 16000))].mean(dim=0)
        return model(features["input_values"]).last_hidden_state[0].mean(dim=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_are_those_of_the_model_called_by_hand(family, folders):
    encoder = find_encoder(f"transformers:{folders[family]}")
    assert encoder.sample_rate == RATES.get(family, 16000) and encoder.window_s == WINDOWS.get(family, 10.0)
    assert not encoder.training and encoder.embedding_dim == 16
    window = min(encoder.window, encoder.sample_rate)
    sounds = noise(3, window)
    sounds[1, window // 3 :] = 0  # a shorter sound, padded
    with torch.no_grad():
        embeddings, frames = encoder.embed_with_frames(sounds)
        alone = encoder(sounds[1:2])
    expected = [by_hand(family, folders[family], sound) for sound in (sounds[0], sounds[1, : window // 3], sounds[2])]
    torch.testing.assert_close(embeddings, torch.stack(expected), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(alone[0], embeddings[1], atol=1e-6, rtol=1e-5)
    assert frames.shape[::2] == (3, 16) and frames.isfinite().all()


@pytest.mark.parametrize("family", FAMILIES)
def test_frames_are_in_time_order_and_end_with_the_sound(family, folders):
    encoder = TransformersEncoder.from_folder(folders[family], window_s=1.0)
    sound = noise(1, encoder.window)
    changed, shorter = sound.clone(), sound.clone()
    changed[:, -encoder.window // 8 :] = noise(1, encoder.window // 8, seed=1)
    shorter[:, encoder.window // 2 :] = 0
    with torch.no_grad():
        frames, of_changed, of_shorter = (encoder.embed_with_frames(x)[1][0] for x in (sound, changed, shorter))
    assert (frames - of_changed).abs().sum(dim=1).argmax() >= 0.8 * len(frames)
    last = int(of_shorter.diff(dim=0).abs().sum(dim=1).nonzero().max()) + 1
    assert 0.4 * len(frames) <= last <= 0.55 * len(frames)


@pytest.mark.parametrize("family", FAMILIES)
def test_silence_and_the_shortest_sounds_are_embedded(family, folders):
    encoder = find_encoder(f"transformers:{folders[family]}")
    for n_samples in (1, 200, encoder.window):
        with torch.no_grad():
            assert encoder(torch.zeros(2, n_samples)).isfinite().all()


def test_a_sound_longer_than_the_extractor_takes_is_refused(folders):
    encoder = find_encoder(f"transformers:{folders['ast']}")
    with pytest.raises(ValueError, match="at most 20480 samples"):
        encoder(torch.zeros(1, encoder.window + 1))
    with pytest.raises(ValueError, match=r"window_s: expected at most 1\.28"):
        TransformersEncoder.from_folder(folders["ast"], window_s=2.0)


def test_random_weights_are_others_and_depend_on_the_seed(folders):
    encoder, sound = find_encoder(f"transformers:{folders['wav2vec2']}"), noise(1, 16000)
    first, again, other = (encoder.untrained(seed)(sound) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.allclose(first, other)
    assert not torch.allclose(first, encoder(sound))


@pytest.mark.parametrize("family", FAMILIES)
def test_an_export_needs_no_folder(family, folders, tmp_path):
    encoder = find_encoder(f"transformers:{folders[family]}")
    safetensors.save(encoder, tmp_path, about(encoder, None))
    sound = noise(2, encoder.sample_rate // 2)
    assert str(folders[family]) not in json.dumps(encoder.recipe())
    with torch.no_grad():
        torch.testing.assert_close(load_encoder(tmp_path)(sound), encoder(sound))


def test_its_weights_learn(folders):
    encoder = find_encoder(f"transformers:{folders['hubert']}")
    encoder(noise(2, 8000)).square().sum().backward()
    assert encoder.model.encoder.layers[0].attention.q_proj.weight.grad.abs().sum() > 0


def no_extractor(folder):
    (folder / "preprocessor_config.json").unlink()


def no_config(folder):
    (folder / "config.json").unlink()


def pickled_weights(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def some_weights(folder):
    model = transformers.Wav2Vec2Model.from_pretrained(folder)
    weights = {name: value for name, value in model.state_dict().items() if "layers.1." not in name}
    model.save_pretrained(folder, state_dict=weights)


def code(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "dasheng", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('code of the folder ran')")


def another_extractor(folder):
    transformers.ASTFeatureExtractor().save_pretrained(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_extractor, r"it has no feature extractor: expected preprocessor_config\.json"),
        (no_config, r"has no config\.json"),
        (pickled_weights, r"expected weights as \.safetensors; found pytorch_model\.bin"),
        (some_weights, r"expected the weights of Wav2Vec2Model; 17 are missing and would be random"),
        (code, "its model is code in the folder, which is not run here"),
        (another_extractor, "those of ASTFeatureExtractor fail"),
    ],
)
def test_a_folder_that_lacks_something_says_what(spoil, message, tmp_path):
    spoil(save("wav2vec2", tmp_path))
    with pytest.raises(ValueError, match=message):
        find_encoder(f"transformers:{tmp_path}")


def test_a_model_that_takes_no_audio_says_so(tmp_path):
    config = transformers.BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    transformers.BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="expected a model that takes audio; BertModel takes input_ids"):
        find_encoder(f"transformers:{tmp_path}")


def test_a_model_without_hidden_states_says_so(tmp_path):
    config = transformers.EncodecConfig(
        num_filters=2, hidden_size=4, codebook_dim=4, codebook_size=8, num_lstm_layers=1
    )
    transformers.EncodecModel(config).save_pretrained(tmp_path)
    transformers.EncodecFeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="expected a model with a last_hidden_state; it returns audio_codes"):
        find_encoder(f"transformers:{tmp_path}")


def test_no_folder_and_no_package(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere"):
        find_encoder(f"transformers:{tmp_path / 'nowhere'}")
    save("ast", tmp_path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"pip install 'doppelganger-audio\[transformers\]'"):
        find_encoder(f"transformers:{tmp_path}")


def test_a_recipe_downloads_no_backbone_and_names_no_other_class(folders):
    recipe = find_encoder(f"transformers:{folders['ast']}").recipe()
    recipe["arguments"]["config"]["backbone"] = "resnet18"
    with pytest.raises(ValueError, match="names a backbone"):
        make(recipe, TransformersEncoder)
    del recipe["arguments"]["config"]["backbone"]
    recipe["arguments"]["extractor"]["feature_extractor_type"] = "AutoModel"
    with pytest.raises(ValueError, match="expected a feature extractor of transformers for audio; got AutoModel"):
        make(recipe, TransformersEncoder)
