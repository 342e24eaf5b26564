"""A text encoder of Hugging Face from a folder on disk: made here, small, and read like any other."""

import json
import sys
import types
from pathlib import Path

import pytest
import torch
import transformers

from doppelganger import AudioEncoder
from doppelganger.checkpoints import load_objective
from doppelganger.encoders.text.hugging_face import HuggingFaceText
from doppelganger.objectives.contrastive_text import ContrastiveText
from doppelganger.streams.labelled import LabelledSounds
from tests.checkpoint_files import save
from tests.objectives.eight_sounds import label_space, labelled_sounds, stream_of


@pytest.fixture
def folder(tmp_path):
    """A BERT of one layer and its tokenizer of pieces of words, as `save_pretrained` writes them."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", "."]
    pieces += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    transformers.BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "bert")
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(vocab_size=len(pieces), **shape)).save_pretrained(tmp_path / "bert")
    return str(tmp_path / "bert")


def test_the_embedding_is_the_mean_over_what_is_there(folder):
    text = HuggingFaceText(folder).eval()
    text.build(label_space().tokenizer)
    bert = transformers.BertModel.from_pretrained(folder).eval()
    letters = transformers.BertTokenizer.from_pretrained(folder)(
        ["low", "a long bell"], return_tensors="pt", padding=True
    )
    assert letters["attention_mask"].sum(dim=1).tolist() == [5, 11]
    with torch.no_grad():
        first, second = bert(**letters).last_hidden_state
        read = text.embed_texts(["low", "a long bell"])
    torch.testing.assert_close(read, torch.stack([first[:5].mean(dim=0), second.mean(dim=0)]))


def test_it_learns_with_the_sounds_and_comes_back_from_a_checkpoint(folder, tmp_path):
    torch.manual_seed(0)
    options = {"depth": 1, "patch_size": [16, 8]}
    encoder, batch = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options), labelled_sounds()
    objective = ContrastiveText(encoder, HuggingFaceText(folder), dim=16)
    objective.build(stream_of(LabelledSounds))
    before = objective.text.model.embeddings.word_embeddings.weight.clone()
    optimizer = torch.optim.Adam(objective.parameters(), lr=3e-3)
    losses = []
    for _ in range(30):
        losses.append(objective(batch)["loss"])
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.5 * losses[0] and (objective.text.model.embeddings.word_embeddings.weight != before).any()
    save(tmp_path / "a.ckpt", objective)
    again = load_objective(tmp_path / "a.ckpt", ContrastiveText)
    torch.testing.assert_close(again.embed_texts(["low bell"]), objective.eval().embed_texts(["low bell"]))


def test_it_needs_its_package_and_its_folder(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"pip install 'doppelganger-audio\[transformers\]'"):
        HuggingFaceText(str(tmp_path))
    monkeypatch.setitem(sys.modules, "transformers", types.ModuleType("transformers"))
    with pytest.raises(ValueError, match=r"text\.path: expected a folder with a model"):
        HuggingFaceText(str(tmp_path))


def test_code_in_the_folder_never_runs(folder, tmp_path, monkeypatch):
    """A model of a class that only the folder's own file has: refused without a question on the terminal."""
    config = Path(folder, "config.json")
    foreign = {"model_type": "planted", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    config.write_text(json.dumps(json.loads(config.read_text()) | foreign))
    Path(folder, "code.py").write_text(f"open({str(tmp_path / 'exploded')!r}, 'w').close()")
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("the user was asked"))
    with pytest.raises(ValueError, match=r"trust_remote_code|planted"):
        HuggingFaceText(folder)
    assert not (tmp_path / "exploded").exists()
