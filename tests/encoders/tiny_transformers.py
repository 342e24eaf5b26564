"""A tiny model with random weights of each family of transformers, as `save_pretrained` writes it."""

import torch
import transformers

_SHAPE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
_CONVOLUTIONS = {"conv_dim": (8,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}


def _ast():
    config = transformers.ASTConfig(**_SHAPE, max_length=128, num_mel_bins=32)
    return transformers.ASTModel(config), transformers.ASTFeatureExtractor(max_length=128, num_mel_bins=32)


def _wav2vec2():
    config = transformers.Wav2Vec2Config(**_SHAPE, **_CONVOLUTIONS)
    return transformers.Wav2Vec2Model(config), transformers.Wav2Vec2FeatureExtractor()


def _hubert():
    config = transformers.HubertConfig(**_SHAPE, **_CONVOLUTIONS)
    return transformers.HubertModel(config), transformers.Wav2Vec2FeatureExtractor()


def _wavlm():
    config = transformers.WavLMConfig(**_SHAPE, **_CONVOLUTIONS)
    extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)
    return transformers.WavLMModel(config), extractor


def _whisper():
    sizes = {f"{part}_{name}": 1 for part in ("encoder", "decoder") for name in ("layers", "attention_heads")}
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    config = transformers.WhisperConfig(d_model=16, max_source_positions=100, vocab_size=50, **sizes, **tokens)
    return transformers.WhisperModel(config), transformers.WhisperFeatureExtractor(chunk_length=2)


def _clap():
    audio = {"hidden_size": 32, "spec_size": 64, "num_mel_bins": 16, "patch_embeds_hidden_size": 8, "window_size": 4}
    audio |= {"depths": [1, 1], "num_attention_heads": [2, 2], "patch_size": 4, "patch_stride": [4, 4]}
    text = {**_SHAPE, "num_hidden_layers": 1, "vocab_size": 50}
    config = transformers.ClapConfig(audio_config={**audio, "enable_fusion": True}, text_config=text, projection_dim=8)
    return transformers.ClapModel(config), transformers.ClapFeatureExtractor(feature_size=16, max_length_s=1)


FAMILIES = {"ast": _ast, "wav2vec2": _wav2vec2, "hubert": _hubert, "wavlm": _wavlm, "whisper": _whisper, "clap": _clap}


def save(family, folder):
    """Write the model and the feature extractor of a family."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, extractor = FAMILIES[family]()
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder
