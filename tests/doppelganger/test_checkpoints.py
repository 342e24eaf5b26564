import json
import os
import pickle

import pytest
import timm
import torch
from safetensors.torch import save_file

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.encoders import ConvolutionalEncoder, Encoder
from lightning_modules.checkpoint_io import AtomicCheckpointIO
from tests.checkpoint_files import save

WAVEFORM = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))


def small_encoder() -> AudioEncoder:
    return AudioEncoder("test_resnet", embedding_dim=16, frontend=LogMel(n_mels=32), window_s=0.5)


def test_a_saved_encoder_gives_the_same_embedding(tmp_path):
    encoder = small_encoder().eval()
    save(tmp_path / "a.ckpt", encoder)
    loaded = load_encoder(tmp_path / "a.ckpt")
    assert not loaded.training
    assert (loaded.sample_rate, loaded.window_s, loaded.embedding_dim) == (16000, 0.5, 16)
    assert torch.equal(loaded(WAVEFORM), encoder(WAVEFORM))


def test_a_folder_means_its_newest_checkpoint(tmp_path):
    (tmp_path / "run").mkdir()
    first, second = small_encoder().eval(), small_encoder().eval()
    save(tmp_path / "run" / "b.ckpt", first)
    save(tmp_path / "run" / "a.ckpt", second)
    os.utime(tmp_path / "run" / "b.ckpt", (1, 1))
    assert torch.equal(load_encoder(tmp_path)(WAVEFORM), second(WAVEFORM))


def test_a_convolutional_encoder_comes_back_and_has_no_backbone_options(tmp_path):
    encoder = ConvolutionalEncoder(LogMel(n_mels=16), dim=8, window_s=0.5).eval()
    save(tmp_path / "a.ckpt", encoder)
    loaded = load_encoder(tmp_path / "a.ckpt")
    assert torch.equal(loaded(WAVEFORM), encoder(WAVEFORM)) and loaded.window_s == 0.5
    with pytest.raises(ValueError, match=r"has no argument 'backbone_options'; expected .*window_s"):
        load_encoder(tmp_path / "a.ckpt", {"backbone_options": {"drop_path_rate": 0.1}})
    with pytest.raises(ValueError, match=r"no argument 'max_window'; expected some of .*; did you mean max_window_s\?"):
        load_encoder(tmp_path / "a.ckpt", {"max_window": 1.0})
    with pytest.raises(ValueError, match=r"does not fit .*ConvolutionalEncoder with blocks=3: 'int' object"):
        load_encoder(tmp_path / "a.ckpt", {"blocks": 3})


def test_arguments_may_change_and_weights_without_a_layer_are_left_out(tmp_path):
    encoder = ConvolutionalEncoder(LogMel(n_mels=16), dim=8, window_s=0.5).eval()
    save(tmp_path / "a.ckpt", encoder)
    loaded = load_encoder(tmp_path / "a.ckpt", {"dim": None, "pooling": ["mean", "max"]})
    frames = encoder.embed_with_frames(WAVEFORM)[1][:, :, :128]
    torch.testing.assert_close(loaded(WAVEFORM), torch.cat([frames.mean(dim=1), frames.amax(dim=1)], dim=1))
    with pytest.raises(
        ValueError,
        match=r"the encoder it describes; 4 differ, fc\.0\.bias first: expected a tensor \(16,\), got a tensor \(8,\)",
    ):
        load_encoder(tmp_path / "a.ckpt", {"dim": 16})


def test_in_a_folder_the_newest_whole_checkpoint_is_taken(tmp_path):
    encoder = small_encoder().eval()
    save(tmp_path / "a.ckpt", encoder)
    content = (tmp_path / "a.ckpt").read_bytes()
    (tmp_path / "b.ckpt").write_bytes(content[: len(content) // 2])
    (tmp_path / "last.ckpt").symlink_to("gone.ckpt")
    os.utime(tmp_path / "a.ckpt", (1, 1))
    with pytest.warns(UserWarning, match=r"b\.ckpt is not a whole checkpoint; .*a\.ckpt is taken"):
        assert torch.equal(load_encoder(tmp_path)(WAVEFORM), encoder(WAVEFORM))


def test_untrained_is_the_same_architecture_with_other_weights():
    encoder = small_encoder().eval()
    fresh = encoder.untrained(seed=1).eval()
    assert {n: p.shape for n, p in fresh.state_dict().items()} == {n: p.shape for n, p in encoder.state_dict().items()}
    assert not torch.allclose(fresh(WAVEFORM), encoder(WAVEFORM))
    assert torch.equal(fresh(WAVEFORM), encoder.untrained(seed=1).eval()(WAVEFORM))


class Bomb:
    def __reduce__(self):
        return exec, ("open('exploded', 'w').close()",)


def test_a_pickle_of_something_else_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"encoder": Bomb(), "state_dict": {}}, tmp_path / "bomb.ckpt")
    (tmp_path / "raw.ckpt").write_bytes(pickle.dumps(Bomb()))
    for name in ("bomb.ckpt", "raw.ckpt"):
        with pytest.raises(ValueError, match="it is none, not a whole one, or holds more than tensors"):
            load_encoder(tmp_path / name)
    assert not (tmp_path / "exploded").exists()


def changed(encoder: Encoder, **arguments) -> dict:
    """The recipe of an encoder with other arguments."""
    recipe = encoder.recipe()
    return recipe | {"arguments": recipe["arguments"] | arguments}


def test_foreign_code_in_a_recipe_is_refused(tmp_path):
    encoder = small_encoder()
    refused = {
        "doppelganger.streams.perturbations.Gaussian": "not of the class HasRecipe",
        "doppelganger.objectives.losses.nt_xent.NTXent": "does not fit",
        "doppelganger.encoders.frontends.log_mel.Quieter": "not of the class HasRecipe",
        "doppelganger.nowhere.Thing": r"needs doppelganger\.nowhere\.Thing, which this version does not have",
        "antigravity.Thing": "import antigravity",
    }
    for front_end, reason in refused.items():
        recipe = changed(encoder, frontend={"class": front_end, "arguments": {}})
        save(tmp_path / "a.ckpt", encoder, encoder=recipe)
        with pytest.raises(ValueError, match=rf"a\.ckpt: .*{reason}"):
            load_encoder(tmp_path / "a.ckpt")
    save(tmp_path / "a.ckpt", encoder, encoder=changed(encoder, colour="blue"))
    with pytest.raises(
        ValueError, match=r"does not fit doppelganger\.encoders\.audio_encoder\.AudioEncoder: .*'colour'"
    ):
        load_encoder(tmp_path / "a.ckpt")
    save(tmp_path / "a.ckpt", encoder, encoder={"class": "doppelganger.LogMel", "arguments": {}})
    with pytest.raises(ValueError, match="not of the class Encoder"):
        load_encoder(tmp_path / "a.ckpt")


@pytest.fixture
def weights(tmp_path) -> dict:
    """Backbone options that start a test_resnet from a file of weights, as `pretrained: true` does from the network."""
    torch.manual_seed(1)
    torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "weights.pth")
    return {"pretrained": True, "pretrained_cfg_overlay": {"file": str(tmp_path / "weights.pth")}}


def first_weight(encoder: AudioEncoder) -> torch.Tensor:
    return encoder.backbone.layer1[0].conv1.weight


def test_a_pretrained_backbone_is_rebuilt_from_the_checkpoint_alone_and_untrained_is_random(weights, tmp_path):
    encoder = AudioEncoder("test_resnet", 16, backbone_options={**weights, "drop_rate": 0.1}).eval()
    given = torch.load(weights["pretrained_cfg_overlay"]["file"])["layer1.0.conv1.weight"]
    assert torch.equal(first_weight(encoder), given)
    assert encoder.recipe()["arguments"]["backbone_options"] == {"drop_rate": 0.1}
    assert not torch.allclose(first_weight(encoder.untrained(0)), given)
    save(tmp_path / "a.ckpt", encoder)
    (tmp_path / "weights.pth").unlink()
    assert torch.equal(load_encoder(tmp_path / "a.ckpt")(WAVEFORM), encoder(WAVEFORM))


@pytest.mark.parametrize("backbone", ["test_resnet", "audio_vit_tiny"])
@pytest.mark.parametrize(
    "options",
    [
        {"pretrained": True},
        {"pretrained": True, "pretrained_cfg": {"url": "http://127.0.0.1:9/weights.pth"}, "cache_dir": "planted"},
        {"pretrained_cfg_overlay": {"file": "bomb.pth"}},
        {"checkpoint_path": "bomb.pth"},
        {"cache_dir": "planted"},
    ],
    ids=lambda options: "+".join(options),
)
def test_a_recipe_that_downloads_reads_or_writes_files_is_refused(backbone, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("urlopen", "urlretrieve"):
        monkeypatch.setattr(f"urllib.request.{name}", lambda *_, **__: pytest.fail("the network was touched"))
    encoder = AudioEncoder(backbone, 16)
    recipe = changed(encoder, backbone_options=options)
    save(tmp_path / "a.ckpt", encoder, encoder=recipe)
    about = {"doppelganger": json.dumps({"recipe": recipe})}
    save_file({k: v.contiguous() for k, v in encoder.state_dict().items()}, tmp_path / "a.safetensors", about)
    before = sorted(tmp_path.rglob("*"))
    for file in ("a.ckpt", "a.safetensors"):
        with pytest.raises(ValueError, match=f"expected backbone_options without {', '.join(sorted(options))}"):
            load_encoder(tmp_path / file)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("backbone", ["hf-hub:someone/model", "local-dir:/tmp"])
def test_a_backbone_from_elsewhere_is_refused(backbone, tmp_path):
    encoder = small_encoder()
    save(tmp_path / "a.ckpt", encoder, encoder=changed(encoder, backbone=backbone))
    with pytest.raises(ValueError, match="timm has no backbone"):
        load_encoder(tmp_path / "a.ckpt")


def test_missing_or_foreign_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load_encoder(tmp_path)
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match=r"other\.ckpt holds no encoder"):
        load_encoder(tmp_path / "other.ckpt")


def test_an_unknown_backbone_names_the_nearest():
    with pytest.raises(ValueError, match=r"no backbone 'resnet81'; did you mean .*resnet18"):
        AudioEncoder("resnet81")


@pytest.mark.parametrize("kept", [0, 100, 5000, 50_000, -1000, -1])
def test_a_cut_off_checkpoint_is_named(tmp_path, kept):
    save(tmp_path / "a.ckpt", ConvolutionalEncoder(dim=None, window_s=0.5))
    whole = (tmp_path / "a.ckpt").read_bytes()
    assert len(whole) > 100_000
    (tmp_path / "a.ckpt").write_bytes(whole[:kept])
    with pytest.raises(ValueError, match=r"a\.ckpt: expected a checkpoint written by doppelganger-train"):
        load_encoder(tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"a\.ckpt: expected a whole checkpoint"):
        AtomicCheckpointIO().load_checkpoint(tmp_path / "a.ckpt")


def test_changed_bytes_of_a_checkpoint_are_seen(tmp_path):
    save(tmp_path / "a.ckpt", ConvolutionalEncoder(dim=None, window_s=0.5))
    content = bytearray((tmp_path / "a.ckpt").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4] = b"\xff" * 4
    (tmp_path / "a.ckpt").write_bytes(content)
    for load in (load_encoder, AtomicCheckpointIO().load_checkpoint):
        with pytest.raises(ValueError, match=r"it is damaged: .*has another checksum"):
            load(tmp_path / "a.ckpt")
