"""The contract of every synth, point by point. A synth is tested here by existing."""

import copy
import math
import pickle
import re
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import synths
from synths.parameters.parameter import UNITS

pytestmark = pytest.mark.parametrize("cls", synths.catalogue().values(), ids=synths.catalogue())


def short(cls, **kwargs):
    """A synth whose sounds, or pictures, cost little."""
    small = {"seconds": 0.1} if issubclass(cls, synths.AudioSynth) else {"n_mels": 24, "n_frames": 40}
    return cls(**small, **kwargs)


def items(n):
    return torch.arange(n)


def test_needs_no_arguments(cls):
    sound = cls().render(cls().sample(items(2)))
    assert sound.shape == (2, *cls().shape)
    assert sound.abs().max() > 0, "two random sounds are silent"


def test_has_a_name(cls):
    assert getattr(synths, cls.__name__) is cls
    assert synths.find(cls.short_name()) is cls
    with pytest.raises(ValueError, match=cls.short_name()):
        synths.find(cls.short_name() + "x")


def test_sounds_are_finite_and_within_one(cls):
    synth = short(cls)
    theta = torch.cat([synth.sample(items(64)), corners(synth)])
    sound = synth.render(theta)
    assert sound.shape == (len(theta), *synth.shape) and sound.dtype == torch.float32
    assert sound.isfinite().all() and sound.abs().max() <= 1


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1))
def test_nothing_breaks_where_knobs_are_at_their_ends(cls, seed, share):
    synth = short(cls)
    theta = synth.sample(items(16), seed)
    generator = torch.Generator().manual_seed(seed)
    at_end = torch.rand(theta.shape, generator=generator) < share
    theta = torch.where(at_end, torch.rand(theta.shape, generator=generator).round(), theta).requires_grad_()
    sound = synth.render(theta)
    sound.square().sum().backward()
    assert sound.isfinite().all() and sound.abs().max() <= 1 and theta.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite(cls, dtype):
    synth = short(cls)
    theta = torch.cat([synth.sample(items(16)), corners(synth)]).to(dtype).requires_grad_()
    synth.render(theta).sum().backward()
    broken = [synth.space.names[i] for i in (~theta.grad.isfinite()).any(dim=0).nonzero()]
    assert not broken
    assert (theta.grad != 0).any()


def test_the_first_sound_may_be_made_in_inference_mode(cls):
    """What a synth keeps for later sounds has gradients all the same."""
    synth, theta = short(cls), short(cls).sample(items(2))
    with torch.inference_mode():
        synth.render(theta)
    sound = synth.render(theta.clone().requires_grad_())
    if sound.requires_grad:
        sound.sum().backward()


def test_an_item_is_the_same_in_any_batch(cls, monkeypatch):
    synth = short(cls)
    monkeypatch.setattr("synths.synth._BLOCK", 100 * math.prod(synth.shape))  # 256 rows are three blocks
    everything, shuffled = items(256), torch.randperm(256, generator=torch.Generator().manual_seed(0))
    theta, sound = synth.sample(everything, seed=1), synth.play(everything, seed=1)
    for index in (torch.tensor([5]), torch.tensor([101]), torch.tensor([255]), torch.arange(98, 105), shuffled):
        assert torch.equal(synth.sample(index, seed=1), theta[index])
        torch.testing.assert_close(synth.play(index, seed=1), sound[index], rtol=0, atol=1e-6)


def test_another_item_or_seed_is_another_sound(cls):
    synth = short(cls)
    theta = torch.cat([synth.sample(items(8), seed=seed) for seed in (0, 1)])
    distance = torch.cdist(theta, theta) + torch.eye(16) * 9
    assert distance.min() > 1e-3
    played = torch.cat([synth.play(items(8), seed=seed) for seed in (0, 1)])
    assert len(played.unique(dim=0)) == 16
    assert not torch.equal(synth.noise_key(items(8), view="a"), synth.noise_key(items(8), view="b"))


def test_is_one_graph(cls):
    """What torch.compile sees in one piece it can make one kernel of. For one size of batch: that is traced faster."""
    if "compile" in vars(cls):
        pytest.skip("compiles in a way of its own")
    synth = short(cls)
    plain = synth.play(items(2))
    synth.compile(fullgraph=True, backend="eager", dynamic=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        torch.testing.assert_close(synth.play(items(2)), plain, rtol=0, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_makes_the_same(cls):
    synth = short(cls)
    theta, key = synth.sample(items(64)), synth.noise_key(items(64))
    assert torch.equal(synth.sample(items(64).cuda()).cpu(), theta)
    assert torch.equal(synth.noise_key(items(64).cuda()).cpu(), key)
    # A GPU adds up in another order. Where that shows, as in deep frequency modulation, so does single precision.
    here = synth.render(theta, key)
    rounding = (here - synth.render(theta.double(), key)).abs().max().item()
    torch.testing.assert_close(synth.render(theta.cuda(), key.cuda()).cpu(), here, rtol=0, atol=max(1e-4, 2 * rounding))


def test_rows_are_independent(cls):
    synth = short(cls)
    theta, key = synth.sample(items(8)), synth.noise_key(items(8))
    before = synth.render(theta, key)
    for row in range(8):
        other_theta, other_key = theta.clone(), key.clone()
        other_theta[row], other_key[row] = 0, 12345
        changed = (synth.render(other_theta, other_key) != before).flatten(1).any(dim=1)
        assert changed.nonzero().tolist() == [[row]]


def test_leaves_the_global_generator_alone(cls):
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = short(cls).play(items(4))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(short(cls).play(items(4)), first)


def test_autocast_changes_nothing(cls, monkeypatch):
    synth, inside = short(cls), []
    plain, synthesize = synth.play(items(4)), synth.synthesize
    watched = lambda *inputs: inside.append(torch.is_autocast_enabled("cpu")) or synthesize(*inputs)  # noqa: E731
    monkeypatch.setattr(synth, "synthesize", watched)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = synth.play(items(4))
    assert cast.dtype == torch.float32 and torch.equal(cast, plain) and inside == [False]


def test_the_default_type_changes_nothing(cls):
    """Training with precision="bf16-true" sets it."""
    synth = short(cls)
    theta, sound = synth.sample(items(2)), synth.play(items(2))
    for dtype in (torch.float64, torch.bfloat16):
        torch.set_default_dtype(dtype)
        try:
            drawn = synth.sample(items(2))
            played = sound if cls is synths.TorchsynthVoice else synth.play(items(2))  # torchsynth refuses
        finally:
            torch.set_default_dtype(torch.float32)
        assert torch.equal(drawn, theta)
        torch.testing.assert_close(played, sound, rtol=0, atol=1e-6)


ONE_SETTING = not hasattr(torch.backends.mkldnn, "matmul")  # before torch 2.9


@pytest.mark.skipif(not ONE_SETTING, reason="each device has a setting of its own")
def test_renders_under_any_precision_of_all_products(cls):
    synth = short(cls)
    plain = synth.play(items(4))
    torch.set_float32_matmul_precision("medium")
    try:
        played = synth.play(items(4))
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
    torch.testing.assert_close(played, plain, rtol=0, atol=5e-4 if cls.short_name() == "torchsynth" else 1e-5)


@pytest.mark.skipif(ONE_SETTING, reason="one setting holds for all devices")
@pytest.mark.parametrize("backend", ["cuda", "mkldnn"])
def test_renders_under_any_precision_of_products_and_sets_none(cls, backend):
    synth = short(cls)
    plain = synth.play(items(4))
    setting = getattr(torch.backends, backend).matmul
    setting.fp32_precision = "tf32"
    try:
        # torch refuses to read its older setting, or to set it for a while, once the newer one is used.
        with pytest.raises(RuntimeError, match="mix of the legacy and new APIs"):
            torch.get_float32_matmul_precision()
        played = synth.play(items(4))
        assert setting.fp32_precision == "tf32"
    finally:
        setting.fp32_precision = "none"
    # Another order of summation; torchsynth's phases depend on the last bits of its control signals.
    torch.testing.assert_close(played, plain, rtol=0, atol=5e-4 if cls.short_name() == "torchsynth" else 1e-5)


def test_double_in_double_out(cls):
    theta = short(cls).sample(items(4))
    assert short(cls).render(theta.double()).dtype == torch.float64
    assert short(cls).render(theta.bfloat16()).dtype == torch.float32


def test_wrong_shapes_are_refused(cls):
    synth = short(cls)
    n = len(synth.space)
    with pytest.raises(ValueError, match=rf"expected theta of shape \(batch, {n}\); got \(2, {n + 1}\)"):
        synth.render(torch.zeros(2, n + 1))
    with pytest.raises(ValueError, match=rf"expected theta of shape \(batch, {n}\); got \({n},\)"):
        synth.render(torch.zeros(n))
    with pytest.raises(ValueError, match=r"expected key as int64 of shape \(2,\); got torch.int32 \(2,\)"):
        synth.render(torch.zeros(2, n), torch.zeros(2, dtype=torch.int32))
    with pytest.raises(ValueError, match=r"expected key as int64 of shape \(2,\); got torch.int64 \(3,\)"):
        synth.render(torch.zeros(2, n), torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize("value", [math.nan, -1e-3, 1.001, math.inf])
def test_theta_outside_its_range_is_refused_or_gives_nan(cls, value, monkeypatch):
    synth = short(cls)
    theta = synth.sample(items(3))
    plain = synth.render(theta)
    column = len(synth.space) // 2
    theta[1, column] = value
    with pytest.raises(ValueError, match=rf"{re.escape(synth.space.names[column])}: expected theta in \[0, 1\]; got"):
        synth.render(theta)
    # On a GPU, where a look at theta would wait for the device.
    monkeypatch.setattr("synths.synth.can_check", lambda theta: False)
    monkeypatch.setattr("synths.parameters.space.can_check", lambda theta: False)
    theta.requires_grad_()
    sound = synth.render(theta)
    assert sound[1].isnan().all()
    torch.testing.assert_close(sound[[0, 2]], plain[[0, 2]], rtol=0, atol=1e-6)
    sound[[0, 2]].sum().backward()
    assert theta.grad[[0, 2]].isfinite().all()


def test_no_items_are_no_sounds(cls):
    synth = short(cls)
    assert synth.play(items(0)).shape == (0, *synth.shape)
    theta = synth.sample(items(0)).requires_grad_()
    synth.render(theta).sum().backward()
    assert theta.grad.shape == (0, len(synth.space))


def test_items_are_numbered_by_any_kind_of_integer(cls):
    synth = short(cls)
    expected = synth.play(torch.tensor([7]), seed=2)
    for index in (
        7,
        [7],
        np.int32(7),
        np.array([7], dtype=np.uint8),
        torch.tensor(7),
        torch.tensor([7], dtype=torch.int16),
    ):
        assert torch.equal(synth.play(index, seed=np.int64(2)), expected)
        assert torch.equal(synth.render(synth.sample(index, seed=2), synth.noise_key(index, seed=2)), expected)
    for index in (7.0, "7", 2**63, [[7]], torch.tensor([True])):
        with pytest.raises(ValueError, match="expected item numbers as 64-bit integers, one or of shape"):
            synth.play(index)
    for seed in (1.5, 2**63, "1", None):
        with pytest.raises(ValueError, match=f"expected seed as a 64-bit integer; got {seed!r}"):
            synth.play(7, seed)


def test_ranges_hold(cls):
    first, second, *_ = (p for p in cls().space if p.low < p.high)
    middle, quarter = (first.low + first.high) / 2, second.low + (second.high - second.low) / 4
    synth = short(cls, ranges={first.name: middle, second.name: [quarter, second.high]})
    fixed, narrowed = (synth.space.column(p.name) for p in (first, second))
    physical = synth.space.to_physical(synth.sample(items(100)))
    assert (physical[:, fixed] == middle).all()
    assert physical[:, narrowed].min() >= quarter and physical[:, narrowed].max() <= second.high
    numpys = {first.name: np.float32(first.low), second.name: np.array([quarter, second.high])}
    assert short(cls, ranges=numpys).space[narrowed] == synth.space[narrowed]
    untouched = [i for i in range(len(synth.space)) if i not in (fixed, narrowed)]
    assert torch.equal(physical[:, untouched], cls().space.to_physical(synth.sample(items(100)))[:, untouched])
    # A fixed knob ignores its column.
    theta = synth.sample(items(4))
    other = theta.clone()
    other[:, fixed] = 1 - other[:, fixed]
    assert torch.equal(synth.render(theta), synth.render(other))


def test_wrong_ranges_are_refused(cls):
    parameter = cls().space[0]
    with pytest.raises(ValueError, match=f"did you mean .*{parameter.name}"):
        short(cls, ranges={parameter.name + "x": parameter.low})
    with pytest.raises(ValueError, match=f"{parameter.name}: expected .* got {parameter.high + 1}"):
        short(cls, ranges={parameter.name: parameter.high + 1})
    for wrong in ([parameter.high, parameter.low], None, "a", "01", [parameter.low], {}):
        with pytest.raises(ValueError, match=f"{parameter.name}: expected"):
            short(cls, ranges={parameter.name: wrong})


def test_fingerprint_tells_layouts_apart(cls):
    plain, same = cls().space, short(cls).space
    assert plain.fingerprint() == same.fingerprint()
    plain.require(same.describe())
    parameter = plain[0]
    fixed = cls(ranges={parameter.name: parameter.low}).space
    assert fixed.fingerprint() != plain.fingerprint()
    with pytest.raises(ValueError, match=parameter.name):
        plain.require(fixed.describe())


def test_every_parameter_is_explained(cls):
    for row in cls().space.describe():
        assert row["unit"] in UNITS, row["name"]
        assert row["doc"].strip(), row["name"]


def test_physical_values_lead_back_to_theta(cls):
    synth = short(cls)
    theta = synth.sample(items(256))
    physical = synth.space.to_physical(theta)
    back = synth.space.to_theta(physical)
    width = torch.tensor([p.high - p.low for p in synth.space], dtype=torch.float64)
    # A steep curve is flat in the middle: there many thetas are one physical value in double precision.
    torch.testing.assert_close(back, theta, rtol=0, atol=1e-3)
    error = (synth.space.to_physical(back) - physical).abs() / width
    assert error.max() < 1e-5


@pytest.mark.parametrize("distribution", ["theta", "physical"])
def test_distribution_is_uniform_where_it_says(cls, distribution):
    synth = short(cls, distribution=distribution)
    drawn = synth.sample(items(4000), seed=3)
    assert drawn.min() >= 0 and drawn.max() <= 1
    if distribution == "physical":
        low, high = (torch.tensor([getattr(p, end) for p in synth.space]).double() for end in ("low", "high"))
        drawn = (synth.space.to_physical(drawn) - low) / (high - low)
    for name, column in zip(synth.space.names, drawn.T.numpy(), strict=True):
        assert stats.kstest(column, "uniform").pvalue > 1e-5, name


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda synth: pickle.loads(pickle.dumps(synth))])
def test_copies_sound_the_same(cls, twin):
    synth = short(cls)
    sound = synth.play(items(4))
    assert torch.equal(twin(synth).play(items(4)), sound)
    assert not synth.state_dict(), "a synth holds no tensors"


def corners(synth):
    return torch.tensor([0.0, 0.5, 1.0])[:, None].expand(-1, len(synth.space))
