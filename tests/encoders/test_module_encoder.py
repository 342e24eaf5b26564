"""Any module as an encoder, found at package.module:Class; wrong ones say what is expected."""

import sys

import pytest
import torch

from doppelganger import load_encoder
from doppelganger.embedding.identity import identity
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.finding import find_encoder

MODULE = """
import torch
from torch import nn
from doppelganger.encoders import Encoder

class Good(nn.Module):
    sample_rate = 8000
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 6).bfloat16()
        self.dropout = nn.Dropout(0.5)
    def forward(self, x):
        return self.dropout(self.linear(x.unflatten(1, (8, -1)).std(dim=2).bfloat16()))

class Fast(Good):
    sample_rate, window_s = 48000, 0.5

class Ours(Encoder):
    sample_rate, window_s, embedding_dim = 16000, 1.0, 3
    def forward(self, x):
        return x[:, :3]

class NoRate(nn.Module):
    pass

class BadRate(Good):
    sample_rate = "CD"

class Endless(Good):
    window_s = float("inf")

class Frames(Good):
    def forward(self, x):
        return x[:, :40].view(len(x), 10, 4)

class Pair(Good):
    def forward(self, x):
        return x, x

class OneForAll(Good):
    def forward(self, x):
        return x[0]

class Failing(Good):
    def forward(self, x):
        raise KeyError("no\\nweights")

class NeedsPath(Good):
    def __init__(self, path):
        super().__init__()

number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "their_encoders.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "their_encoders.py"
    sys.modules.pop("their_encoders", None)


def test_a_module_is_an_encoder_in_evaluation_mode():
    encoder = find_encoder("their_encoders:Good")
    assert (encoder.sample_rate, encoder.window_s, encoder.embedding_dim) == (8000, 1.0, 6)
    sound = torch.rand(2, 8000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(encoder(sound), encoder.module(sound)) and torch.equal(encoder(sound), encoder(sound))
    embedding, frames = encoder.embed_with_frames(sound)
    assert torch.equal(frames[:, 0], embedding) and frames.shape == (2, 1, 6)
    assert find_encoder("their_encoders:Fast").window == 24000


def test_an_encoder_of_our_base_is_itself():
    assert type(find_encoder("their_encoders:Ours")).__name__ == "Ours"


def test_a_checkpoint_with_a_module_is_loaded_with_a_new_one(tmp_path):
    encoder, new = find_encoder("their_encoders:Good"), find_encoder("their_encoders:Good").module
    content = {"encoder": encoder.recipe(), "encoder_prefix": "", "state_dict": encoder.state_dict()}
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r'given, .+, of an encoder, load_encoder\(path, \{"module": \.\.\.\}\)'):
        load_encoder(tmp_path / "a.ckpt")
    loaded, sound = load_encoder(tmp_path / "a.ckpt", {"module": new}), torch.rand(2, 8000)
    assert torch.equal(loaded(sound), encoder(sound))


def test_a_module_has_no_random_weights():
    encoder = find_encoder("their_encoders:Good")
    assert list(with_baselines(encoder)) == ["trained", "log_mel"]
    with pytest.raises(ValueError, match="Good is made with its own"):
        encoder.untrained()


def test_cached_embeddings_depend_on_its_weights_and_its_code(module):
    torch.manual_seed(0)
    encoder = find_encoder("their_encoders:Good")
    before = identity(encoder)
    assert before == identity(encoder)
    module.write_text(MODULE.replace("std(dim=2)", "amax(dim=2)"), encoding="utf-8")
    changed = identity(encoder)
    encoder.module.linear.bias.data += 1
    assert len({before, changed, identity(encoder)}) == 3


def test_cached_embeddings_depend_on_the_code_of_its_base(module):
    (module.parent / "their_inheriting_encoders.py").write_text(
        "from their_encoders import Good\n\nclass Better(Good):\n    pass\n", encoding="utf-8"
    )
    encoder = find_encoder("their_inheriting_encoders:Better")
    before = identity(encoder)
    module.write_text(MODULE.replace("std(dim=2)", "amax(dim=2)"), encoding="utf-8")
    assert identity(encoder) != before


def test_cached_embeddings_depend_on_the_functions_that_it_imports(module):
    helper = module.parent / "their_features.py"
    helper.write_text("def scaled(x):\n    return x\n", encoding="utf-8")
    (module.parent / "their_scaling_encoders.py").write_text(
        "from their_encoders import Good\nfrom their_features import scaled\n\nclass Scaled(Good):\n    pass\n",
        encoding="utf-8",
    )
    encoder = find_encoder("their_scaling_encoders:Scaled")
    before = identity(encoder)
    helper.write_text("def scaled(x):\n    return 2 * x\n", encoding="utf-8")
    assert identity(encoder) != before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoRate", "expected NoRate to have sample_rate, the sample rate of its input in Hz; it has none"),
        ("BadRate", "it has 'CD'"),
        ("Endless", "expected Endless to have window_s, the length of a window in s; it has inf"),
        ("Frames", r"one tensor \(batch, embedding_dim\); it returned \(2, 10, 4\): average over time"),
        ("Pair", "it returned a tuple: return its embedding alone"),
        ("OneForAll", r"it returned \(8000,\) for 2 sounds"),
        ("Failing", r"Failing failed on a waveform .* of \(2, 8000\): KeyError: 'no\\nweights'"),
        ("NeedsPath", r"their_encoders:NeedsPath: NeedsPath\(\) failed: TypeError: .*'path'"),
        ("Goood", "module 'their_encoders' has no attribute 'Goood'"),
        ("number", "expected a class that derives from torch"),
    ],
)
def test_a_wrong_module_says_what_is_expected(name, message):
    with pytest.raises(ValueError, match=message):
        find_encoder(f"their_encoders:{name}")


def test_a_module_that_is_not_there():
    with pytest.raises(ValueError, match="No module named 'there_encoders'"):
        find_encoder("there_encoders:Good")
