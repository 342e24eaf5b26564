"""The benchmark: its clock and its scales against known costs, its peers against themselves, its record."""

import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from synths.__main__ import main
from synths.benchmark import growth as growing
from synths.benchmark import measure, peers
from synths.benchmark.goals import goals
from synths.benchmark.peers import Work
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables
from synths.import_torchsynth import import_torchsynth
from synths.synth import Synth
from synths.voices.voice import Voice

TINY = Work(batch=4, seconds=0.1, sample_rate=16000, seed=3, device="cpu")


def work(batch=1, seconds=1.0):
    return Work(batch, seconds, 1000, 0, "cpu")


@pytest.fixture
def uncompiled(monkeypatch):
    monkeypatch.setattr(Synth, "compile", lambda self, **kwargs: None)


@pytest.fixture
def without_jax(monkeypatch):
    monkeypatch.delitem(peers.PEERS, peers.SYNTHAX)  # it compiles six seconds a size


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux")
@pytest.mark.parametrize(("n_buffers", "n_kept"), [(1, 1), (2, 1), (5, 5)])
def test_peak_memory_is_what_was_allocated(n_buffers, n_kept):
    def call():
        buffers = [torch.ones(1 << 23) for _ in range(n_buffers)]  # 32 MiB each
        return buffers[:n_kept]

    for _ in range(2):  # nothing is left of the first time
        # Give or take what else this process lets go of meanwhile.
        assert measure.peak_bytes(call, "cpu") == pytest.approx(n_buffers * (1 << 25), abs=1 << 23)


def test_wall_time_ends_with_the_result_and_not_with_its_end():
    class Slow:
        def __del__(self):
            time.sleep(0.2)

    def call():
        time.sleep(0.05)
        return Slow()

    assert 0.05 <= measure.wall_s(call, "cpu") < 0.2


def test_peers_take_turns_after_a_warm_up_and_who_cannot_is_left_out():
    calls, left_out = [], {}

    def missing(work):
        raise ImportError("not here; pip install it\nmore")

    prepares = {name: lambda work, name=name: lambda: calls.append(name) for name in "ab"} | {"c": missing}
    measured = measure.measure(prepares, TINY, 3, left_out)
    assert calls == ["a", "a", "b", "b", *"ababab"]  # to warm up and for memory, then the clock
    assert {name: len(row.wall_s) for name, row in measured.items()} == {"a": 3, "b": 3}
    assert left_out == {"c": "not here; pip install it"}


def test_exponent_is_of_the_larger_half():
    assert measure.exponent([1, 2, 4, 8], [3, 12, 48, 192]) == pytest.approx(2)
    assert measure.exponent([8, 1, 4, 2], [8, 100, 4, 50]) == pytest.approx(1)
    assert measure.exponent([4], [1]) is None and measure.exponent([], []) is None


def test_growth_stops_before_what_takes_too_long(monkeypatch):
    def measured(prepares, work, repeats, left_out):
        return {name: measure.Measured([0.01 * work.batch] * repeats, None) for name in prepares}

    monkeypatch.setattr(growing, "measure", measured)
    rows = growing.growth({"slow": peers.gradient}, [work(n) for n in (1, 2, 4, 200, 400)], 3, limit_s=1)["slow"]
    assert rows["batch"] == [1, 2, 4] and rows["peak_bytes"] == [None] * 3
    assert rows["stopped"] == "200 sounds of 1 s would take about 2 s a call; the limit is 1 s"
    assert rows["times_real_time"] == pytest.approx([100, 100, 100]) and rows["exponent"] == pytest.approx(1)


def test_growth_stops_before_memory_runs_out(monkeypatch):
    monkeypatch.setattr(growing, "free_bytes", lambda device: 100 << 20)
    prepares = {"large": lambda work: lambda: torch.ones(work.batch << 23), "small": lambda work: lambda: None}
    rows = growing.growth(prepares, [work(n) for n in (1, 2, 4)], 1, limit_s=10)
    assert rows["large"]["batch"] == [1, 2] and rows["small"]["batch"] == [1, 2, 4]
    assert "4 sounds of 1 s would need about 0.1 GB; 0.1 GB are free" in rows["large"]["stopped"]


@pytest.mark.parametrize("name", peers.PEERS)
def test_peers_do_the_same_work(name, uncompiled):
    if name in (peers.TORCHSYNTH, peers.SYNTHAX):
        pytest.importorskip("torchsynth" if name == peers.TORCHSYNTH else "synthax")
    call = peers.PEERS[name](TINY)
    sound = torch.from_numpy(call().__array__().copy())
    assert sound.shape == (4, 1600) and sound.nbytes == TINY.n_bytes and sound.dtype == torch.float32
    assert sound.isfinite().all() and (sound.abs().amax(dim=1) > 0).any()
    assert len(sound.unique(dim=0)) > 1, "one sound for all"


def test_torchsynth_sounds_as_in_its_reproducible_mode():
    pytest.importorskip("torchsynth")
    theirs, same = import_torchsynth(), Work(32, 0.1, 16000, 5, "cpu")
    published = theirs.synth.Voice(theirs.config.SynthConfig(32, 16000, 0.1))
    assert torch.equal(peers.torchsynth(same)(), published(5)[0].as_subclass(torch.Tensor))


def test_gradient_is_the_slope_of_the_sum(uncompiled):
    voice, index = Voice(sample_rate=16000, seconds=0.1), torch.arange(4)
    with torch.no_grad():
        slope = peers.gradient(TINY)()
    column = voice.space.column("mixer.vco_1")  # the sum is smooth in a level
    theta, key, step = voice.sample(index, 3).double(), voice.noise_key(index, 3), torch.zeros(len(voice.space))
    step[column] = 1e-4
    ends = [voice.render((theta + sign * step).clamp(0, 1), key).sum(dim=1) for sign in (1, -1)]
    torch.testing.assert_close(slope[:, column].double(), (ends[0] - ends[1]) / 2e-4, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [("synthax.config", peers.SYNTHAX, "synthax"), ("torchsynth.synth", peers.TORCHSYNTH, "torchsynth")],
)
def test_a_peer_that_is_not_installed_says_how_to_install_it(monkeypatch, module, name, extra):
    if extra == "synthax":
        monkeypatch.setitem(sys.modules, module, None)
    else:
        error = ImportError("torchsynth is not installed")
        monkeypatch.setattr(peers, "import_torchsynth", lambda: (_ for _ in ()).throw(error))
    left_out = {}
    assert measure.measure({name: peers.PEERS[name]}, TINY, 1, left_out) == {}
    assert f"pip install 'doppelganger-audio[{extra}]'" in left_out[name]


def benchmark(folder, *arguments):
    out, picture = folder / "new" / "bench.json", folder / "growth.svg"
    tiny = ["--batch", "4", "--seconds", "0.1", "--repeats", "2", "--out", str(out), "--plot", str(picture)]
    main(["benchmark", *tiny, *arguments])
    return json.loads(out.read_text()), picture.read_text()


def test_the_record_and_its_picture(tmp_path, uncompiled, without_jax, capsys):
    record, picture = benchmark(tmp_path, "--batches", "2", "1", "4", "--lengths", "0.1", "0.2", "--voices", "voice")
    assert record["config"] == {
        "batch": 4, "seconds": 0.1, "sample_rate": 44100, "repeats": 2, "device": "cpu", "length_batch": 4
    }  # fmt: skip
    figures, printed = record["figures"], capsys.readouterr().out
    for row in figures["peers"].values():
        assert row["times_real_time"] == pytest.approx(0.4 / statistics.median(row["wall_s"]))
        assert len(row["wall_s"]) == 2
    assert peers.GRADIENT in figures["peers"]
    for name in figures["peers"].keys() - {peers.GRADIENT}:
        assert figures["growth"]["batch"][name]["batch"] == [1, 2, 4]
        assert figures["growth"]["seconds"][name]["seconds"] == [0.1, 0.2]
        assert name in picture
    assert figures["voices"].keys() == {"voice"} and figures["voices"]["voice"]["compiled"] > 0
    assert all(goal["figure"] in printed and goal["goal"] in printed for goal in figures["goals"])
    for table in tables(record):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_what_cannot_be_compiled_is_not_measured_as_compiled(tmp_path, monkeypatch, without_jax):
    monkeypatch.setattr(Synth, "compile", lambda self, **kwargs: warnings.warn("could not compile it", stacklevel=2))
    record, _ = benchmark(tmp_path, "--batches", "--lengths", "--voices", "voice")
    figures = record["figures"]
    assert peers.COMPILED not in figures["peers"] and figures["left_out"][peers.COMPILED] == "could not compile it"
    assert figures["voices"]["voice"]["eager"] > 0 and figures["voices"]["voice"]["compiled"] is None
    assert {goal["met"] for goal in figures["goals"]} == {None}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--voices", "voic"], "--voices: unknown synth 'voic'; did you mean voice"),
        (["--batches", "0"], "--batches: expected a whole number of at least 1; got '0'"),
        (["--device", "cuda"], "--device cuda: torch sees no GPU here"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, capsys, monkeypatch, arguments, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        main(["benchmark", "--out", str(tmp_path / "bench.json"), *arguments])
    message = capsys.readouterr().err
    assert expected in message and message.count("\n") == 1


def test_goals_are_met_from_their_side():
    row = {"times_real_time": 300.0, "buffers_above_output": 3.5}
    figures = {
        "peers": {peers.COMPILED: row, peers.SYNTHAX: {"times_real_time": 100.0}, peers.GRADIENT: row},
        "growth": {"batch": {peers.COMPILED: {"exponent": -0.1}}},
        "voices": {"slow": {"compiled": 499.0}, "fast": {"compiled": 501.0}, "none": {"compiled": None}},
    }
    met = {goal["figure"]: goal["met"] for goal in goals(figures, "cpu")}
    assert list(met.values()) == [True, None, True, False, True, False] and "slow" in list(met)[-1]
    assert [goal["met"] for goal in goals(figures, "cuda")][-1] is False


def test_the_names_of_the_lines_do_not_touch():
    columns = {"batch": [1, 4, 16], "seconds": [1, 2, 4], "peak_bytes": [1e6, None, 4e6]}
    rows = {
        name: columns | {"times_real_time": [100, 200, end]}
        for name, end in zip(peers.PEERS, (300, 301, 302, 3000), strict=True)
    }
    record = {
        "config": {"batch": 4, "seconds": 4.0, "sample_rate": 44100, "length_batch": 4},
        "machine": {"cpu": "a processor", "threads": 2, "device": "cpu"},
        "figures": {"growth": {"batch": rows, "seconds": rows}},
    }
    figure = plot(record)
    figure.draw_without_rendering()
    for ax in figure.axes:
        boxes = [text.get_window_extent() for text in ax.texts]
        assert {text.get_text() for text in ax.texts} == set(peers.PEERS)
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert np.asarray(figure.axes[0].lines[0].get_xydata()).tolist() == [[1, 100], [4, 200], [16, 300]]
    assert np.asarray(figure.axes[2].lines[0].get_xydata()).tolist() == [
        [1, 1],
        [16, 4],
    ]  # in MB
