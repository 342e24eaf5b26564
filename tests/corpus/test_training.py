"""Training from a corpus, alone or mixed with sounds that are rendered live, and resumed."""

import pickle
from functools import partial
from pathlib import Path

import pytest
import soundfile
import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ModelCheckpoint

import synths
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.recordings import Corpus, Crops, open_source
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian
from lightning_modules.data import PairDataModule
from lightning_modules.pretraining import PretrainingModule
from tests.corpus.corpora import SETTINGS, made

RATE = SETTINGS["sample_rate"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    made(folder, n=21, first=100, labels="doppelganger", n_doppelgangers=1)
    return folder


def test_a_corpus_is_its_sounds_and_labels_in_order(folder):
    source = open_source(folder)
    assert isinstance(source, Corpus) and len(source) == 42
    expected = synths.find("voice")(**SETTINGS).play(torch.arange(100, 121))
    for i in (41, 0, 7, 16, 40):
        label = source.label(i)
        assert (label["index"], label.get("view")) == (100 + i // 2, "a" if i % 2 else None)
        with source.open(i) as file:
            sound, rate = soundfile.read(file, dtype="float32")
        assert rate == RATE
        difference = (torch.from_numpy(sound) - expected[i // 2]).abs().max()
        assert difference <= 2**-14 if i % 2 == 0 else difference > 0
    assert source.name(17) == f"{folder}/shard-000001.tar: sound 1"
    with pytest.raises(IndexError):
        source.open(42)


def test_labels_beyond_the_parameters_are_those_of_the_labeller(folder):
    from doppelganger.labels.labeller import Labeller

    voice, index = synths.find("voice")(**SETTINGS), torch.arange(100, 104)
    labeller = Labeller(voice, 0)
    labels = labeller(index, voice.sample(index), voice.play(index))
    for row in range(4):
        label = Corpus(str(folder)).label(2 * row)
        assert label["labels"] == "doppelganger"
        assert label["caption"] == labeller.tokenizer.decode(labels.caption[row].tolist())
        assert label["tags"] == [labeller.tags[i].name for i in labels.tags[row].nonzero()[:, 0].tolist()]
        level = labels.facts[row, [fact.name for fact in labeller.facts].index("level_db")]
        assert label["facts"].get("level_db", float("nan")) == pytest.approx(float(level), nan_ok=True)


def test_no_shard_is_opened_before_it_is_needed(folder, monkeypatch):
    opened, of = [], Corpus._members_of
    monkeypatch.setattr(Corpus, "_members_of", lambda self, shard: opened.append(shard) or of(self, shard))
    source = Corpus(folder)
    assert not opened
    source.open(41), source.label(40), source.open(0)
    assert opened == [2, 0]


def test_a_corpus_that_is_not_whole_is_named(folder, tmp_path):
    made(tmp_path, n=9)
    path = tmp_path / "shard-000000.tar"
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    with pytest.raises(ValueError, match=r"shard-000000\.tar is not whole .*run `synths verify"):
        Corpus(tmp_path).open(0)
    path.write_bytes((tmp_path / "shard-000001.tar").read_bytes())
    with pytest.raises(ValueError, match=r"expected 8 sounds, as manifest\.jsonl says; found 1"):
        Corpus(tmp_path).open(0)
    with pytest.warns(UserWarning, match="shard-000000"):
        Crops(tmp_path, sample_rate=RATE, seconds=0.02).play(torch.arange(4))


def mixed(folder: Path, seconds: float = 0.04) -> synths.AudioSynth:
    corpus = Crops(folder, sample_rate=RATE, seconds=seconds)
    live = synths.find("voice")(sample_rate=RATE, seconds=seconds)
    return synths.SynthBank({"corpus": corpus, "live": live}, weights={"corpus": 3, "live": 1})


def test_items_mix_both_sources_and_are_the_same_in_another_process(folder):
    stream = PairStream(mixed(folder), Gaussian())
    pairs = stream(torch.arange(40))
    n_of_corpus = int((pairs.theta[:, 0] < 0.5).sum())
    assert 20 <= n_of_corpus < 40
    later = PairStream(pickle.loads(pickle.dumps(mixed(folder))), Gaussian())(torch.arange(33, 40))
    assert torch.equal(later.a, pairs.a[33:]) and torch.equal(later.b, pairs.b[33:])


def trained(folder: Path, out: Path, seed: int, ckpt_path: Path | None = None) -> dict:
    """The weights after four steps; a checkpoint is kept after each."""
    torch.manual_seed(seed)
    frontend = LogMel(sample_rate=RATE, high_hz=4000.0, n_mels=16)
    encoder = ConvolutionalEncoder(frontend, dim=None, blocks=[3], window_s=0.4)
    module = PretrainingModule(Contrastive(encoder, NTXent()), partial(torch.optim.SGD, lr=0.1))
    data = PairDataModule(mixed(folder, 0.4), batch_size=4, steps_per_epoch=2, n_validation_steps=1)
    keep = ModelCheckpoint(out, "{step}", every_n_train_steps=1, save_top_k=-1)
    quiet = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    Trainer(max_epochs=2, default_root_dir=out, callbacks=[keep], **quiet).fit(module, data, ckpt_path=ckpt_path)
    return module.state_dict()


@pytest.mark.filterwarnings("ignore")
def test_a_training_resumed_within_an_epoch_ends_with_the_same_weights(folder, tmp_path):
    whole = trained(folder, tmp_path / "whole", seed=0)
    resumed = trained(folder, tmp_path / "resumed", seed=1, ckpt_path=tmp_path / "whole" / "step=3.ckpt")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    other = trained(folder, tmp_path / "other", seed=1)
    assert not all(torch.equal(whole[name], other[name]) for name in whole)
