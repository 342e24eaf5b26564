"""Scores take the place of a synth: windows of MIDI files, whose notes are events."""

import pickle
import warnings

import librosa
import numpy as np
import pytest
import torch

import synths
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import LogMel
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.event_detection import EventDetection, activity
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.streams.labelled import LabelledStream
from doppelganger.streams.pairs import PairStream
from doppelganger.streams.perturbations import Gaussian
from doppelganger.streams.scores import Scores
from synths.notes import limit
from tests.synths.notes.midi_files import control, file, off, on, tempo, track

RATE = 8000
ROWS = [[0.0, 0.3, "C4", 100], [0.2, 0.2, "E4", 110], [0.35, 1.1, "G4", 90], [2.6, 0.3, "C5", 80]]
BRIEF = {"damper.release": 0.1}


def scores(given=(ROWS,), ranges=BRIEF, **kwargs) -> Scores:
    voice = synths.Plucked(sample_rate=RATE, seconds=0.5, ranges=ranges)
    return Scores(given, voice, **{"seconds": 0.5} | kwargs)


def window_of(source: Scores, index) -> list[tuple[int, float]]:
    numbers = source.space.to_physical(source.sample(index))[:, 0].long().tolist()
    return [source.windows[number] for number in numbers]


def test_a_window_is_the_sum_of_its_notes_and_their_releases():
    source, index = scores(ranges={"damper.release": 1.0}), torch.arange(8)
    theta, sounds = source.sample(index), source.play(index)
    assert sounds.shape == (8, RATE // 2) and sounds.dtype == torch.float32
    for i, (_, start_s) in enumerate(window_of(source, index)):
        voice, space = (
            synths.Plucked(sample_rate=RATE, ranges={"damper.release": 1.0, "output.plectrum": 0}),
            source.space,
        )
        patch = torch.full((1, len(voice.space)), 0.5)
        for column, name in enumerate(voice.space.names):
            if name in space.names:
                patch[0, column] = theta[i, space.column(name)]
        patch[0, voice.space.column("output.plectrum")] = 0.5
        silent = theta[i : i + 1].clone()
        silent[0, space.column("output.plectrum")] = 0
        (sound,) = source.render(silent)
        total = torch.zeros(8 * RATE)
        for onset_s, seconds, pitch, velocity in ROWS:
            note, at = voice.note(pitch, velocity, seconds, theta=patch), round((onset_s - start_s + 2) * RATE)
            if at >= 0 and onset_s < start_s + 0.5:
                total[at : at + len(note)] += note
        expected = limit(total[None, 2 * RATE : 2 * RATE + RATE // 2], RATE)[0]
        torch.testing.assert_close(sound, expected, rtol=0, atol=1e-4)


def test_events_are_the_notes_of_the_window():
    source, index = scores(), torch.arange(64)
    events = source.events(source.sample(index))
    levels_db = source.levels_db(source.space.to_physical(source.sample(index)))
    seen = set()
    for i, (_, start_s) in enumerate(window_of(source, index)):
        rows = [row for row in ROWS if row[0] < start_s + 0.5 and row[0] + row[1] > start_s]
        held = [
            (max(on_s - start_s, 0), min(on_s + held_s - start_s, 0.5), librosa.note_to_midi(name))
            for on_s, held_s, name, _ in rows
        ]
        n = len(held)
        assert levels_db[i, :n].argsort().tolist() == np.argsort([velocity for *_, velocity in rows]).tolist()
        found = zip(*(x[i, :n].tolist() for x in (events.onset_s, events.offset_s, events.source)), strict=True)
        np.testing.assert_allclose(list(found), held, atol=1e-9)
        assert events.active[i].tolist() == [True] * n + [False] * (source.n_events - n)
        seen.add(start_s)
    assert seen == {0, 0.25, 0.5, 0.75, 1.0, 1.25, 2.25, 2.5, 2.75}  # of those without a note none


def test_a_note_that_ends_where_a_window_starts_is_not_in_it(tmp_path):
    """A rest of a second, then triplets, whose lengths are no binary fractions; against whole numbers of ticks."""
    bar = [on(960, 60), off(160, 60), on(0, 62), off(160, 62), on(0, 64), off(160, 64)]
    (tmp_path / "triplets.mid").write_bytes(file(track(*20 * bar)))
    source = scores(tmp_path, seconds=1.0)
    held = [
        (start, start + 160) for first in range(960, 20 * 1440, 1440) for start in (first, first + 160, first + 320)
    ]
    expected = [i for i in range(60) if any(start < 480 * i + 960 and end > 480 * i for start, end in held)]
    assert [start_s for _, start_s in source.windows] == [i / 2 for i in expected]
    assert source.n_events == 3


def test_files_are_read(tmp_path):
    (tmp_path / "b").mkdir()
    events = [tempo(0, 1.0), on(0, 60), off(240, 60), control(0, 64, 127), on(0, 64), off(10, 64), control(470, 64, 0)]
    (tmp_path / "b" / "x.mid").write_bytes(file(track(*events, on(0, 36, channel=10), off(480, 36, channel=10))))
    (tmp_path / "a.MIDI").write_bytes(file(track(on(0, 72), off(240, 72))))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    (tmp_path / "drums.mid").write_bytes(file(track(on(0, 36, channel=10), off(9, 36, channel=10))))
    with pytest.warns(UserWarning) as said:
        source = scores(tmp_path)
    assert [str(w.message).partition(": ")[0] for w in said] == ["left out of the training"] * 2
    assert "broken.mid" in str(said[0].message) and "drums.mid" in str(said[1].message)
    first, second = source.scores
    assert first.pitch.tolist() == [72] and first.seconds.tolist() == [0.25]
    assert second.pitch.tolist() == [60, 64] and second.onset_s.tolist() == [0, 0.5]
    assert second.seconds.tolist() == [0.5, 1.0]


def test_a_window_is_the_same_alone_in_a_batch_and_in_another_process():
    source = scores()
    together = source.play(torch.arange(20))
    torch.testing.assert_close(torch.cat([source.play([i]) for i in range(20)]), together, rtol=0, atol=1e-6)
    assert torch.equal(pickle.loads(pickle.dumps(source)).play([3]), source.play([3]))
    assert not torch.equal(together, source.play(torch.arange(20), seed=1))


def test_overlapping_windows_agree_where_they_overlap():
    source = scores()
    theta = source.sample([0]).repeat(2, 1)
    theta[:, 0] = (torch.tensor([0.0, 1.0]) + 0.5) / len(source.windows)
    early, late = source.render(theta)
    # Below full scale nothing is limited.
    assert early.abs().max() < 1 and late.abs().max() < 1
    torch.testing.assert_close(early[RATE // 4 :], late[: RATE // 4], rtol=0, atol=1e-5)


def test_views_have_the_same_notes_and_two_patches():
    source = scores(ranges=BRIEF)
    pairs = PairStream(source, Gaussian(delta=0.25))(torch.arange(32))
    events = [source.events(theta) for theta in (pairs.theta_a, pairs.theta_b)]
    assert all(torch.equal(a, b) for a, b in zip(*events, strict=True))
    patches = (pairs.theta_a[:, 1:] - pairs.theta_b[:, 1:]).abs().mean(dim=1)
    assert (patches > 0.05).all() and not torch.equal(pairs.a, pairs.b)


def test_every_parameter_of_the_patch_has_an_effect_and_a_gradient():
    source = scores(ranges={})
    assert not {"keyboard.midi_f0", "keyboard.duration"} & set(source.space.names)
    theta = source.sample(torch.arange(8)).requires_grad_()
    source.render(theta).square().sum().backward()
    assert theta.grad.isfinite().all() and (theta.grad[:, 0] == 0).all()
    assert (theta.grad[:, 1:] != 0).any(dim=0).float().mean() > 0.9


def test_labels_are_a_piano_roll():
    source = scores(ranges={**BRIEF, "string.decay": 9})
    stream = LabelledStream(source)
    batch = stream(torch.arange(16))
    labeller = stream.labeller
    assert len(labeller.sources) == 128 and labeller.sources[60] == "C4" and labeller.sources[61] == "C#4"
    roll = activity(batch.labels.events, 50, 128, 0.01)
    planned = activity(labeller_events(source, batch.theta), 50, 128, 0.01)
    assert roll.any(dim=(1, 2)).all() and (roll & ~planned).sum() == 0
    assert roll.sum() > 0.9 * planned.sum()  # but for what is masked, or too faint
    tags = {tag.name: i for i, tag in enumerate(labeller.tags)}
    assert torch.equal(batch.labels.tags[:, tags["G4"]], roll[:, :, 67].any(dim=1))
    assert any("g4" in labeller.tokenizer.decode(caption.tolist()) for caption in batch.labels.caption)


def labeller_events(source, theta):
    planned = source.events(theta)
    return planned._replace(onset_s=planned.onset_s.float(), offset_s=planned.offset_s.float())


def encoder():
    return ConvolutionalEncoder(LogMel(sample_rate=RATE, n_mels=32, high_hz=4000), dim=16, window_s=0.5)


@pytest.mark.parametrize(
    "make, stream",
    [
        (lambda: EventDetection(encoder()), LabelledStream),
        (lambda: Contrastive(encoder(), NTXent()), lambda synth: PairStream(synth, Gaussian())),
    ],
    ids=["events", "pairs"],
)
def test_objectives_learn_from_scores(make, stream):
    torch.manual_seed(0)
    made = stream(scores())
    objective = make()
    objective.build(made)
    loss = objective(made(torch.arange(8)))["loss"]
    loss.backward()
    assert loss.isfinite() and any(p.grad is not None and p.grad.any() for p in objective.encoder.parameters())


def test_a_bank_mixes_scores_and_synths():
    bank = synths.SynthBank({"scores": scores(), "drum": synths.Drum(sample_rate=RATE, seconds=0.5)})
    sounds = bank.play(torch.arange(16))
    assert sounds.shape == (16, RATE // 2) and sounds.isfinite().all()


@pytest.mark.parametrize(
    "given, message",
    [
        ([[[0.0, 0.5, 60]]], "scores: table 0: not enough values"),
        (
            [ROWS, [[-1.0, 0.5, 60, 100]]],
            r"table 1: onset_s: expected a number of at least 0; got -1 \(note 0\)",
        ),
        ([[[0.0, 0.5, "H4", 100]]], "scores: table 0: expected a pitch"),
        ([[]], "scores: table 0: expected rows"),
        ([], "expected 1 to 4194304 windows with notes; got 0"),
        ("nowhere", "nowhere: expected a folder with MIDI files; found no folder"),
    ],
)
def test_what_is_no_score_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        scores(given)


def test_a_folder_without_scores_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder with MIDI files; found none"):
        scores(tmp_path)
    (tmp_path / "a.mid").write_text("no MIDI")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="found 1 files, none of them with notes"):
            scores(tmp_path)


def test_a_voice_without_pitch_is_refused():
    for voice in (synths.Drum(seconds=0.5), synths.Soundscape(seconds=0.5)):
        with pytest.raises(
            ValueError, match=f"voice: expected an instrument with a keyboard; got {type(voice).__name__}"
        ):
            Scores([ROWS], voice)
