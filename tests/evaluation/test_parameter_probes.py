"""Probes of encoders that contain chosen parameters and nothing else."""

import json
import warnings

import numpy as np
import pytest
import torch
from scipy.spatial import distance

from doppelganger.__main__ import main
from doppelganger.evaluation.parameter_probes import (
    _apart_deg,
    distances,
    embedder,
    parameter_probe,
    pitch_and_intensity,
)
from doppelganger.index_ranges import PROBE
from synths import Drum, FourOperatorFM, SynthBank, Voice, VoiceBank

N = 200


def oracle(synth, *names):
    """Embeds the sounds of a synth, in the order they are rendered, as the given parameters beside some noise."""
    theta = iter(synth.sample(PROBE + torch.arange(N)))
    rng = np.random.default_rng(0)
    columns = [synth.space.column(name) for name in names]

    def embed(sounds):
        values = np.stack([next(theta)[columns].numpy() for _ in sounds])
        return np.concatenate([values, rng.standard_normal((len(values), 2))], axis=1)

    return embed


def test_only_parameters_in_the_embedding_are_predicted():
    voice = Voice(sample_rate=8000, seconds=0.1)
    embed = oracle(voice, "keyboard.midi_f0", "mixer.noise")
    found = parameter_probe(lambda sounds: 1e-3 * embed(sounds), voice, N)  # embeddings may be of any size
    score = {row["name"]: row["score"] for row in found}
    assert list(score) == list(voice.space.names)
    assert score.pop("keyboard.midi_f0") > 0.99 and score.pop("mixer.noise") > 0.99
    assert max(score.values()) < 0.2


def test_a_number_that_hardly_moves_in_the_first_half_decides_nothing():
    voice = Voice(sample_rate=8000, seconds=0.1)
    embed, hardly = oracle(voice, "keyboard.midi_f0"), iter([*np.linspace(0, 1e-6, N - 1), 0.3])
    found = parameter_probe(lambda sounds: np.column_stack([embed(sounds), [next(hardly) for _ in sounds]]), voice, N)
    assert {row["name"]: row["score"] for row in found}["keyboard.midi_f0"] > 0.95


def test_a_choice_is_scored_by_accuracy_and_a_fixed_knob_not_at_all():
    bank = VoiceBank(sample_rate=8000, seconds=0.1)
    voice = Voice(sample_rate=8000, seconds=0.1, ranges={"vco_1.tuning": 0.0})
    which = iter(bank.choice(bank.sample(PROBE + torch.arange(N))))
    choice = parameter_probe(lambda sounds: np.stack([np.eye(8)[next(which)] for _ in sounds]), bank, N)[0]
    assert (choice["name"], choice["metric"]) == ("synth", "accuracy")
    assert choice["score"] > 0.9 > 0.5 > choice["chance"]
    assert "vco_1.tuning" not in [row["name"] for row in parameter_probe(oracle(voice), voice, N)]


def test_a_choice_that_no_training_sound_has_is_never_predicted():
    settings = {"sample_rate": 8000, "seconds": 0.1}
    bank = SynthBank({"usual": Drum(**settings), "rare": Drum(**settings)}, weights={"usual": 99, "rare": 1})
    rare = bank.choice(bank.sample(PROBE + torch.arange(N), seed=5)) == 1
    assert not rare[: N // 2].any() and rare[N // 2 :].any()
    choice = parameter_probe(lambda sounds: np.ones((len(sounds), 2)), bank, N, seed=5)[0]
    assert choice["score"] == choice["chance"] == 1 - rare[N // 2 :].double().mean().item()


def test_a_parameter_of_a_bank_is_probed_on_the_sounds_that_have_it():
    settings = {"sample_rate": 8000, "seconds": 0.1}
    bank = SynthBank({"first": Drum(**settings), "second": Drum(**settings)})
    theta, noise = bank.sample(PROBE + torch.arange(400)), torch.rand(400, generator=torch.Generator().manual_seed(0))
    column = next(i for i, p in enumerate(bank.space) if p.unit != "choice" and p.low < p.high)
    value = torch.where(bank.mask(theta)[:, column], theta[:, column], noise)
    seen = iter(torch.stack([value, bank.choice(theta)], dim=1).tolist())
    found = parameter_probe(lambda sounds: np.array([next(seen) for _ in sounds]), bank, 400)
    score = {row["name"]: row["score"] for row in found if row["metric"] == "R2"}
    assert score.pop(bank.space[column].name) > 0.99 and max(score.values()) < 0.2
    assert {name.split(".")[0] for name in score} == {"first", "second"}
    assert found[0]["name"] == "synth" and found[0]["score"] == 1  # of two, and in the embedding


def test_the_probe_of_a_choice_among_many_converges():
    """On a wide embedding, most of which lies in few directions; else scikit-learn warns."""
    rng = np.random.default_rng(0)
    embedding = iter(rng.standard_normal((N, 64)) / np.arange(1, 65) @ rng.standard_normal((64, 1000)))
    synth = FourOperatorFM(sample_rate=8000, seconds=0.1, ranges={"op_[234].coarse": 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parameter_probe(lambda sounds: np.stack([next(embedding) for _ in sounds]), synth, N)
    accuracies = {row["name"]: row["score"] for row in found if row["metric"] == "accuracy"}
    assert accuracies.keys() == {"algorithm.choice", "op_1.coarse"} and max(accuracies.values()) < 0.3  # of noise


def test_a_parameter_that_few_sounds_have_is_left_out(tmp_path, capsys):
    main(["explore", "--encoder", "log-mel", "--synth", "bank", "--sounds", "100", "--out", str(tmp_path)])
    (row,) = json.loads((tmp_path / "causes.json").read_text())["figures"]["parameters"]
    n = sum(parameter.low < parameter.high for parameter in VoiceBank(sample_rate=16000, seconds=1.0).space) - 1
    assert row["name"] == "synth"
    assert f"{n} parameters are left out: fewer than 100 sounds have them. Raise --sounds." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("keyboard.midi_f0", "pitch"),
        ("vco_1.tuning", "pitch"),
        ("adsr_1.attack", "envelope"),
        ("keyboard.duration", "envelope"),
        ("lfo_1_amp_adsr.attack", "modulation"),
        ("mod_matrix.lfo_1->noise_amp", "modulation"),
        ("mixer.noise", "noise"),
        ("vco_2.shape", "timbre"),
    ],
)
def test_a_parameter_is_in_the_group_of_its_name(name, group):
    embed = oracle(voice := Voice(sample_rate=8000, seconds=0.1), name)
    assert {row["name"]: row["group"] for row in parameter_probe(embed, voice, N)}[name] == group


def test_pitch_and_level_of_notes_are_predicted_from_their_measurements():
    measured = []

    def embed(sounds):
        power = torch.fft.rfft(sounds * torch.hann_window(sounds.shape[1]), n=32000).abs()
        hz = (power[:, 30:].argmax(dim=1) + 30) / 2
        measured.append(
            torch.stack([69 / 12 + (hz / 440).log2(), 20 * sounds.abs().amax(dim=1).log10()], dim=1).numpy()
        )
        return measured[-1]

    found = pitch_and_intensity(embed, 16000, N)
    octaves, levels_db = np.concatenate(measured)[N // 2 :].T
    np.testing.assert_allclose(found["intensity"]["truth"], levels_db, atol=1e-3)
    assert np.quantile(levels_db, [0, 0.25, 0.75, 1]) == pytest.approx([-30, -22.5, -7.5, 0], abs=3)
    assert np.median(np.abs(found["pitch"]["truth"] - octaves)) < 0.01
    assert found["intensity"]["score"] > 0.999
    assert found["pitch"]["score"] > 0.5  # a louder overtone misleads it now and then
    assert len(found["pitch"]["truth"]) == N // 2
    assert found["pitch"]["apart_deg"] > 75  # each is predicted from its own dimension


def test_distance_of_views_grows_with_delta_and_stays_below_that_of_unrelated_sounds():
    voice = Voice(sample_rate=8000, seconds=0.25)
    embed = embedder(log_mel_encoder())
    rows = distances(embed, voice, 64, deltas=(0.0, 0.05, 0.5))
    medians = [row["doppelgangers"][1] for row in rows]
    assert medians[0] < medians[1] < medians[2]
    assert medians[1] < rows[1]["unrelated"][1]


def test_distances_are_quartiles_of_cosine_distances():
    """Of the views of an item, and of the first view of one and the second of the item before."""
    embedded, voice = [], Voice(sample_rate=8000, seconds=0.25)
    embed = embedder(log_mel_encoder())
    (row,) = distances(lambda sounds: embedded.append(embed(sounds)) or embedded[-1], voice, 70, deltas=(0.1,))
    a, b = (np.concatenate(embedded[view::2]) for view in (0, 1))
    for name, step in (("doppelgangers", 0), ("unrelated", 1)):
        cosines = [distance.cosine(a[i], b[i - step]) for i in range(70)]
        np.testing.assert_allclose(row[name], np.percentile(cosines, [25, 50, 75]), atol=1e-6)


@pytest.mark.parametrize(("a", "b", "degrees"), [([1, 0], [-1, -1], 45), ([1, 2], [2, 4], 0), ([1, 0], [0, 3], 90)])
def test_the_angle_between_two_probes_is_that_of_lines(a, b, degrees):
    assert _apart_deg(np.array(a, dtype=float), np.array(b, dtype=float)) == pytest.approx(degrees, abs=1e-5)


def log_mel_encoder():
    from doppelganger.evaluation.baselines import LogMelStatistics

    return LogMelStatistics(8000, 0.25)


def test_the_command_writes_figures_and_pictures(tmp_path, capsys):
    main(["explore", "--encoder", "log-mel", "--sounds", "100", "--out", str(tmp_path)])
    assert {p.name for p in tmp_path.iterdir()} == {"causes.json", "parameters.png", "notes.png", "distances.png"}
    record = json.loads((tmp_path / "causes.json").read_text())
    assert record["config"]["sounds"] == 100 and len(record["figures"]["parameters"]) == 78
    table = capsys.readouterr().out
    assert "modulation" in table and "-0." not in table  # R2 of mixer.noise is below 0 with so few sounds
    with pytest.raises(SystemExit):
        main(["explore", "--encoder", "log-mel", "--sounds", "10"])
    assert "--sounds: expected at least 100" in capsys.readouterr().err
