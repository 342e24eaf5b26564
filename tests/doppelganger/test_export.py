"""What is given away is the same encoder, in every form, and says what it is."""

import copy
import errno
import json
import os
import pickle
import re
import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.__main__ import main
from doppelganger.evaluation.baselines import LogMelStatistics
from doppelganger.export import FORMATS
from doppelganger.export.about import about
from doppelganger.export.formats import torchscript
from synths import Voice
from tests.checkpoint_files import save

FORMS = {"safetensors": "model.safetensors", "torchscript": "model.pt", "onnx": "model.onnx"}
FINGERPRINT = Voice().space.fingerprint()
CONFIG = "seed_everything: 3\ndata:\n  init_args:\n    seed: 5\n    batch_size: 64\n"
SCORE = {"score": 0.5, "low": 0.4, "high": 0.6, "seeds": [0.5]}


def save_checkpoint(encoder, path):
    space = {"fingerprint": FINGERPRINT, "parameters": "..."}
    save(path, encoder, space=space, config=CONFIG, global_step=300, commit="0123abc")


def report_of(encoder, path, name="esc50"):
    asked = {"encoders": {"trained": SCORE, "log_mel": SCORE | {"score": 0.25}}}
    task = {"name": name, "metric": "accuracy", "n_clips": 2000, "protocols": {"linear": asked}}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"encoder": "a.ckpt", "config": encoder.recipe(), "tasks": [task]}))
    return path


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    encoder = AudioEncoder("test_resnet", embedding_dim=16, frontend=LogMel(n_mels=32), window_s=0.5)
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as if it had been trained
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2.0)
    return encoder.eval()


@pytest.fixture(scope="module")
def checkpoint(encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    save_checkpoint(encoder, path)
    return path


@pytest.fixture(scope="module")
def exported(encoder, checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    report = report_of(encoder, folder.with_suffix(".scores") / "report.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        warnings.simplefilter("error", torch.jit.TracerWarning)
        main(
            ["export", "--encoder", str(checkpoint), "--format", *FORMS, "--out", str(folder), "--scores", str(report)]
        )
    return folder


def read(path):
    """The function that a file holds, as its reader would load it: waveform to embedding."""
    if path.suffix == ".onnx":
        session = pytest.importorskip("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])
        return lambda waveform: torch.from_numpy(session.run(None, {"waveform": waveform.numpy()})[0])
    return load_encoder(path) if path.suffix == ".safetensors" else torch.jit.load(path)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_embedding(form, encoder, exported):
    embed = read(exported / FORMS[form])
    for batch in (1, 3):
        for n_samples in (encoder.window, encoder.frontend.shortest, 23456):
            waveform = torch.rand(batch, n_samples) * torch.logspace(-4, 0, n_samples) * 2 - 0.5
            with torch.no_grad():
                expected = encoder(waveform)
                np.testing.assert_allclose(embed(waveform), expected, atol=1e-4)
            assert expected.std() > 1e-2  # else all would be near


def test_the_convolution_paints_the_picture_of_the_fourier_transform():
    onnx = pytest.importorskip("doppelganger.export.formats.onnx")
    for options in ({}, {"sample_rate": 8000, "high_hz": 4000.0, "n_fft": 201}, {"n_fft": 1024, "frame_multiple": 1}):
        log_mel = LogMel(**options)
        waveform = torch.randn(2, 3 * log_mel.shortest + 77) * torch.tensor([[1.0], [1e-3]])
        torch.testing.assert_close(onnx.FourierLogMel(log_mel)(waveform), log_mel(waveform), atol=1e-4, rtol=0)


def test_a_transformer_takes_any_batch(tmp_path):
    options = {"img_size": (32, 96), "patch_size": (8, 8)}
    encoder = AudioEncoder("test_vit", 16, LogMel(n_mels=32), 1.0, options).eval()
    save_checkpoint(encoder, tmp_path / "a.ckpt")
    known = about(encoder, tmp_path / "a.ckpt")
    for form, file in FORMS.items():
        FORMATS.find(form).save(encoder, tmp_path, known)
        for batch in (1, 3):
            waveform = torch.randn(batch, encoder.window)
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore", DeprecationWarning)
                np.testing.assert_allclose(read(tmp_path / file)(waveform), encoder(waveform), atol=1e-4)


def test_a_trace_that_holds_for_one_length_only_is_refused(tmp_path):
    encoder = AudioEncoder("mobilevit_xxs", 16).eval()
    with pytest.raises(ValueError, match="a trace of mobilevit_xxs holds for one only"):
        FORMATS.find("torchscript").save(encoder, tmp_path, {"recipe": encoder.recipe()})
    assert not list(tmp_path.iterdir())


def test_onnx_refuses_an_encoder_without_a_front_end_of_ours(tmp_path):
    """As the exported encoder of transformers in a classifier's folder."""
    encoder = LogMelStatistics(16000, 1.0)
    with pytest.raises(ValueError, match=r"a front end of this project; LogMelStatistics .* use the format safe"):
        FORMATS.find("onnx").save(encoder, tmp_path, {"recipe": {"class": "a.LogMelStatistics", "arguments": {}}})
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_torchscript_says_that_a_sound_is_too_short(exported, encoder):
    with pytest.raises(torch.jit.Error, match=f"at least {encoder.frontend.shortest} samples"):
        torch.jit.load(exported / "model.pt")(torch.zeros(1, 100))


def test_what_is_loaded_again_is_complete(exported, encoder):
    for path in (exported, exported / "model.safetensors"):
        loaded = load_encoder(path)
        assert not loaded.training and loaded.recipe() == encoder.recipe()
        assert all(torch.equal(value, encoder.state_dict()[name]) for name, value in loaded.state_dict().items())
    config = json.loads((exported / "config.json").read_text())
    assert (config["sample_rate"], config["window_s"], config["embedding_dim"]) == (16000, 0.5, 16)
    assert config["recipe"] == json.loads(json.dumps(encoder.recipe()))
    assert (exported / "model.safetensors").stat().st_mode == (exported / "README.md").stat().st_mode


def test_options_of_the_backbone_can_be_changed(exported):
    assert load_encoder(exported, {"backbone_options": {"drop_rate": 0.5}}).arguments["backbone_options"] == {
        "drop_rate": 0.5
    }


def test_the_card_says_where_it_comes_from_and_how_it_scored(exported):
    card = (exported / "README.md").read_text()
    for known in (FINGERPRINT, "0123abc", "`300`", "seed_everything: 3", "data.init_args.seed: 5", "batch_size: 64"):
        assert known in card
    assert "| esc50 (2000 clips) | accuracy | linear | 50.0 (40.0 to 60.0) | 25.0 (40.0 to 60.0) |" in card
    assert "trained on sounds of 0.5 s" in card  # which ones, the config says: a space may be of recordings
    assert "Licence" in card and not re.search("^license:", card, flags=re.MULTILINE)


def test_the_code_on_the_card_runs(exported, encoder, monkeypatch):
    monkeypatch.chdir(exported)
    ways = re.findall(r"```python\n(.*?)```", (exported / "README.md").read_text(), flags=re.DOTALL)
    assert len(ways) == len(FORMS)
    for code in ways:
        names = {}
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore", DeprecationWarning)
            exec(code, names)
            np.testing.assert_allclose(names["embedding"], encoder(torch.zeros(1, encoder.window)), atol=1e-4)
        assert "onnxruntime" not in code or "torch" not in code


def test_a_report_beside_the_encoder_is_found_if_it_is_about_it(encoder, tmp_path):
    save_checkpoint(encoder, tmp_path / "a.ckpt")
    for name in ("a", "b"):
        report_of(encoder, tmp_path / "evaluation" / f"{name}.json", name=f"task {name}")
    other = AudioEncoder("test_resnet", embedding_dim=8)
    report_of(other, tmp_path / "evaluation" / "other.json", name="task of another")
    (tmp_path / "evaluation" / "none.json").write_text("[]")
    os.utime(tmp_path / "a.ckpt", (1, 1))
    os.utime(tmp_path / "evaluation" / "a.json", (2, 2))
    assert [row["task"] for row in about(encoder, tmp_path / "a.ckpt")["scores"]] == ["task b"]
    os.utime(tmp_path / "a.ckpt")  # trained on since
    os.utime(tmp_path / "evaluation" / "b.json", (2, 2))
    assert about(encoder, tmp_path / "a.ckpt")["scores"] == []


def test_what_was_exported_can_be_exported_again(exported, tmp_path, capsys):
    main(["export", "--encoder", str(exported), "--out", str(tmp_path)])
    assert (tmp_path / "config.json").read_text() == (exported / "config.json").read_text()
    assert [line.rpartition("/")[2] for line in capsys.readouterr().out.split()] == [
        "model.safetensors",
        "config.json",
        "README.md",
    ]


def test_an_encoder_that_is_changed_has_no_scores_of_the_one_before(exported, tmp_path):
    main(["export", "--encoder", str(exported), "--change", "window_s=0.25", "--out", str(tmp_path)])
    before, after = (json.loads((folder / "config.json").read_text()) for folder in (exported, tmp_path))
    assert before["scores"] and after["scores"] == []
    assert after["provenance"] == before["provenance"]


def test_a_file_of_an_earlier_export_is_named_and_not_on_the_card(exported, checkpoint, tmp_path, capsys):
    (tmp_path / "model.onnx").write_bytes((exported / "model.onnx").read_bytes())
    main(["export", "--encoder", str(checkpoint), "--out", str(tmp_path)])
    assert f"{tmp_path / 'model.onnx'} is of an earlier export" in capsys.readouterr().err
    card = (tmp_path / "README.md").read_text()
    assert "load_encoder" in card and "onnx" not in card


def test_weights_beyond_half_precision_are_not_made_infinite(encoder, tmp_path, capsys):
    """As the variance of a spectrogram without a logarithm: divided by infinity, all sounds would be the same."""
    loud = copy.deepcopy(encoder)
    loud.backbone.bn1.running_var.fill_(1e6)
    save_checkpoint(loud, tmp_path / "a.ckpt")
    with pytest.raises(SystemExit):
        main(["export", "--encoder", str(tmp_path / "a.ckpt"), "--half", "--out", str(tmp_path / "half")])
    assert "up to 65504; backbone.bn1.running_var has larger ones" in capsys.readouterr().err
    assert not (tmp_path / "half").exists()


class Bomb:
    def __reduce__(self):
        return exec, ("open('exploded', 'w').close()",)


def test_corrupt_and_foreign_files_are_refused(exported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = (exported / "model.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:-100])
    (tmp_path / "none.safetensors").write_bytes(b"not a file of this kind")
    (tmp_path / "pickle.safetensors").write_bytes(pickle.dumps(Bomb()))
    for name in ("cut", "none", "pickle"):
        with pytest.raises(ValueError, match=rf"{name}\.safetensors is not a \.safetensors file"):
            load_encoder(tmp_path / f"{name}.safetensors")
    save_file({"weight": torch.zeros(1)}, tmp_path / "foreign.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="holds no encoder of ours"):
        load_encoder(tmp_path / "foreign.safetensors")
    known = json.loads((exported / "config.json").read_text())
    save_file({"weight": torch.zeros(1)}, tmp_path / "w.safetensors", metadata={"doppelganger": json.dumps(known)})
    with pytest.raises(ValueError, match="weights"):
        load_encoder(tmp_path / "w.safetensors")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(("file", "reader"), [("model.pt", "torch.jit.load"), ("model.onnx", "onnxruntime")])
def test_other_forms_say_how_they_are_loaded(file, reader, exported):
    with pytest.raises(ValueError, match=reader):
        load_encoder(exported / file)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--format", "tensorflow"],
            "--format: unknown format 'tensorflow'; did you mean safetensors?",
        ),
        (["--encoder", "nowhere"], "no checkpoint at nowhere"),
        (["--scores", "other.json"], "report of this encoder"),
        (["--scores", "none.json"], "report of `python -m doppelganger evaluate`"),
        (["--out", "none.json"], "expected a folder"),
    ],
)
def test_mistakes_end_in_one_line(arguments, said, checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    report_of(AudioEncoder("test_resnet", embedding_dim=8), tmp_path / "other.json")
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(SystemExit):
        main(["export", "--encoder", str(checkpoint), *arguments])
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_one_wrong_bit_of_a_weight_is_noticed(exported, tmp_path):
    content = bytearray((exported / "model.safetensors").read_bytes())
    content[-3] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged, or was changed"):
        load_encoder(tmp_path)


def test_an_export_that_ends_early_leaves_no_card_of_other_weights(checkpoint, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torchscript, "save", full)
    (tmp_path / "README.md").write_text("of an earlier export")
    with pytest.raises(SystemExit):
        main(["export", "--encoder", str(checkpoint), "--out", str(tmp_path), "--format", "safetensors", "torchscript"])
    assert {path.name for path in tmp_path.iterdir()} == {"model.safetensors", "config.json"}


def test_formats_are_found_by_their_files():
    assert FORMATS.names() == sorted(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_keeps_the_good_export(form, encoder, checkpoint, tmp_path, monkeypatch, capsys):
    for file in (*FORMS.values(), "config.json", "README.md"):
        (tmp_path / file).write_text("good")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit) as stopped:
        main(["export", "--encoder", str(checkpoint), "--format", form, "--out", str(tmp_path)])
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert stopped.value.code == 2 and f"--format {form}: No space left on device: {tmp_path}" in line
    assert {path.read_text() for path in tmp_path.iterdir()} == {"good"}
    assert len(list(tmp_path.iterdir())) == len(FORMS) + 2
