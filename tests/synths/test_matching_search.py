"""The search of matching: its starts, its moves, what it borrows, and the best of all that it tried."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad

import synths
from synths.matching import Distance, Search, match
from synths.matching import search as searching
from synths.matching.moves import move
from tests.synths.notes_to_match import Note

N_SURVIVORS = 1000
N = 20
ALL_FREE = torch.ones(N, dtype=torch.bool)


@pytest.fixture
def voice():
    return synths.Voice(sample_rate=8000, seconds=0.1)


def moved_from(theta, slope=0.0, free=ALL_FREE, step=0, n_survivors=N_SURVIVORS, seed=0):
    slope = torch.full_like(theta, slope) if isinstance(slope, float) else slope
    return move(theta, slope, free, n_survivors, seed, step)


# ---- The search ----


@pytest.mark.parametrize("steps", [0, 12])
def test_a_match_is_the_best_of_all_sounds_tried_for_its_target(voice, monkeypatch, steps):
    """Every sound that was rendered, against its own target alone."""
    tried, render = [], voice.render

    def record(theta, *rest):
        sound = render(theta, *rest)
        tried.append((theta.detach(), sound.detach()))
        return sound

    monkeypatch.setattr(voice, "render", record)
    target = voice.play(torch.arange(3), 11)
    tried.clear()
    found = match(voice, target, steps=steps, n_starts=8, n_survivors=4)
    (starts, _), *rounds, _ = tried
    assert torch.equal(starts, voice.sample(torch.arange(8), 0)) and len(rounds) == 1 + steps
    for i in range(3):
        thetas, sounds = (torch.cat([tried[0][k], *(each[k][4 * i : 4 * i + 4] for each in rounds)]) for k in (0, 1))
        losses = Distance(target[i : i + 1])(sounds, torch.zeros(len(sounds), dtype=torch.long))
        torch.testing.assert_close(found.theta[i], thetas[losses.argmin()])
        torch.testing.assert_close(found.loss[i], losses.min(), rtol=1e-4, atol=1e-5)
        nearest = losses[:8].sort().values[:4]
        torch.testing.assert_close(losses[8:12].sort().values, nearest, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.sound, render(found.theta))


def test_every_ten_steps_a_copy_of_the_best_takes_the_place_of_the_worst(voice):
    target = voice.play(torch.arange(2), 5)
    search = Search(voice, target, n_starts=8, n_survivors=4)
    for step in range(1, 21):
        search.advance()
        for i, rows in enumerate(search.theta.split(4)):
            if step < 10:
                assert len(rows.unique(dim=0)) == 4
            if step in (10, 20):
                loss = Distance(target[i : i + 1])(voice.render(rows), torch.zeros(4, dtype=torch.long))
                alike = (rows == rows[loss.argmin()]).all(dim=1)
                assert len(rows.unique(dim=0)) == 3 and alike.sum() == 2, f"step {step}"
                torch.testing.assert_close(loss.min(), search.history[-1][i])


def test_the_survivor_that_gives_way_has_the_highest_loss(voice, monkeypatch):
    """Without moves, the starts stay as they are until the tenth step."""
    monkeypatch.setattr(searching, "move", lambda theta, *rest: theta)
    monkeypatch.setattr(searching.Descent, "next", lambda descent: descent.theta)
    target = voice.play(torch.arange(2), 5)
    search = Search(voice, target, n_starts=4, n_survivors=4)
    before = search.theta.clone()
    for _ in range(9):
        search.advance()
    assert torch.equal(search.theta, before)
    search.advance()
    for i, (old, new) in enumerate(zip(before.split(4), search.theta.split(4), strict=True)):
        loss = Distance(target[i : i + 1])(voice.render(old), torch.zeros(4, dtype=torch.long))
        expected = old.clone()
        expected[loss.argmax()] = old[loss.argmin()]
        assert torch.equal(new, expected) and torch.equal(search.descent.theta[4 * i : 4 * i + 4], expected)


def test_each_third_step_is_a_random_move_from_the_nearest_sound(voice, monkeypatch):
    """Recorded before every random move: theta, of which the losses are the lowest so far."""
    steps = []
    search = Search(voice, voice.play(torch.arange(2), 5), n_starts=8, n_survivors=4)

    def record(theta, *rest):
        losses = search.distance(voice.render(theta), search.row)
        torch.testing.assert_close(losses, search.loss)
        steps.append(search.n_steps)
        return move(theta, *rest)

    monkeypatch.setattr(searching, "move", record)
    for _ in range(9):
        search.advance()
    assert steps == [2, 5, 8]


def test_a_parameter_without_a_range_never_moves():
    note = Note()
    target = note.render(torch.tensor([[0.35, 0.65, 0.5]]))
    starts = note.sample(torch.arange(8), 0)
    found = match(note, target, steps=30, n_starts=8, n_survivors=3)
    assert found.theta[0, 2] in starts[:, 2]
    assert not any((found.theta[0, i] == starts[:, i]).any() for i in (0, 1))


def test_defaults_of_a_search(voice):
    target, n_steps = voice.play(torch.tensor([1])), []
    found = match(voice, target, progress=lambda steps: n_steps.append(len(steps)) or [])
    assert n_steps == [300] and found.n_renders == 64 + 16, "no step is made"
    assert found.history.shape == (1, 1)
    options = {"steps": 2, "n_starts": 4, "n_survivors": 2}
    assert torch.equal(match(voice, target, **options).theta, match(voice, target, seed=0, **options).theta)


def test_the_smallest_search_is_one_start(voice):
    found = match(voice, voice.play(torch.tensor([1])), steps=0, n_starts=1, n_survivors=1)
    assert torch.equal(found.theta, voice.sample(torch.arange(1), 0)) and found.n_renders == 2


@pytest.mark.parametrize(("name", "least"), [("steps", 0), ("n_starts", 1), ("n_survivors", 1)])
def test_a_smaller_search_is_refused(voice, name, least):
    with pytest.raises(ValueError, match=f"expected {name} of at least {least}; got {least - 1}"):
        match(voice, torch.zeros(1, 800), **{"steps": 0, name: least - 1})


@pytest.mark.parametrize("shape", [(800,), (1, 799), (1, 801), (0, 800), (1, 1, 800), (1, 800, 800)])
def test_a_target_of_another_shape_is_refused(voice, shape):
    with pytest.raises(ValueError, match=r"expected target of shape \(batch, 800\); got "):
        match(voice, torch.zeros(shape), steps=0, n_starts=1)


def test_a_synth_that_makes_pictures_is_refused():
    with pytest.raises(ValueError, match="expected a synth that makes sounds; Perlin makes none"):
        match(synths.Perlin(), torch.ones(1, 800), steps=0, n_starts=2)


# ---- One move ----


def log_uniform(n: int, low: float, high: float) -> np.ndarray:
    return np.exp(np.random.default_rng(n).uniform(math.log(low), math.log(high), n))


@pytest.mark.parametrize("slope", [0.0, 3.0, -0.01])
def test_moves_go_down_the_slope_with_noise(slope):
    """Steps of |z| against the sign of the slope, whatever its size, and w / 2 at random; z, w from N(0, 1)."""
    theta = torch.full((N_SURVIVORS, N), 0.5)
    move = torch.cat([moved_from(theta, slope, step=step) - theta for step in range(10)])
    move = move[move != 0].numpy()
    rng, n = np.random.default_rng(0), 400_000
    toward = -np.sign(slope) * abs(rng.standard_normal(n))
    expected = log_uniform(n, 0.02, 0.4) * (toward + rng.standard_normal(n) / 2)
    levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    np.testing.assert_allclose(np.quantile(move, levels), np.quantile(expected, levels), rtol=0.06, atol=0.002)


def test_parameters_of_a_survivor_move_by_amounts_of_their_own():
    theta = torch.full((N_SURVIVORS, N), 0.5)
    for slope in (0.0, 1.0):
        for row in (moved_from(theta, slope) - theta)[:100]:
            inside = row[(row != 0) & (row.abs() < 0.5)]
            assert len(inside.unique()) == len(inside)


def test_a_small_share_of_the_parameters_moves_and_at_least_one():
    theta = torch.full((N_SURVIVORS, N), 0.5)
    moves = torch.cat([moved_from(theta, 1.0, step=step) != theta for step in range(20)]).double()
    # s from 2 to 30 %, uniform on a log scale; one of N if none of N is below s.
    expected, _ = quad(lambda u: (s := 0.02 * 15**u) + (1 - s) ** N / N, 0, 1)
    assert float(moves.mean()) == pytest.approx(expected, rel=0.03)
    assert int(moves.sum(dim=1).min()) == 1
    assert float(moves.mean(dim=0).min()) == pytest.approx(expected, rel=0.1), "each parameter as often"
    busiest = float(np.quantile(moves.mean(dim=1), 0.99))
    assert 0.35 < busiest <= 0.5, "a binomial of 20 parameters at 30 %"


def test_only_free_parameters_move():
    free = ALL_FREE.clone()
    free[1:] = False
    moves = moved_from(torch.full((N_SURVIVORS, N), 0.5), 1.0, free) != 0.5
    assert moves[:, 0].all() and not moves[:, 1:].any()


def test_moves_end_at_the_ends_of_the_range():
    theta = torch.cat([torch.zeros(N_SURVIVORS, N), torch.ones(N_SURVIVORS, N)])
    moved = moved_from(theta, 0.0)
    assert moved.min() == 0 and moved.max() == 1
    assert (moved[:N_SURVIVORS] > 0).any() and (moved[N_SURVIVORS:] < 1).any()


def test_half_of_the_survivors_borrow_three_tenths_from_one_other_of_their_target():
    """Each survivor of two targets has a number of its own in every parameter, so that a copy shows whose it is."""
    n = 40
    own = torch.arange(1, 2 * N_SURVIVORS + 1, dtype=torch.float64) / (2 * N_SURVIVORS + 2)
    theta = own[:, None].expand(-1, n).clone()
    free = torch.arange(n) == n - 1  # the others change by borrowing alone
    after = moved_from(theta, 0.0, free)[:, :-1]
    from_row = torch.searchsorted(own, after.flatten()).view(after.shape)
    assert torch.equal(own[from_row], after)
    row = torch.arange(2 * N_SURVIVORS)[:, None]
    borrowed = from_row != row
    borrows = borrowed.any(dim=1)
    peers = [rows[which].unique() for rows, which in zip(from_row[borrows], borrowed[borrows], strict=True)]
    assert all(len(peer) == 1 for peer in peers)
    peers = torch.cat(peers)
    assert torch.equal(peers // N_SURVIVORS, row[borrows, 0] // N_SURVIVORS), "of their own target"
    assert float(borrows.double().mean()) == pytest.approx(0.5, abs=4 * 0.5 / N_SURVIVORS**0.5)
    assert float(borrowed[borrows].double().mean()) == pytest.approx(0.3, abs=0.02)
    within = (peers % N_SURVIVORS).double() / N_SURVIVORS
    assert np.quantile(within, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.07)
    # Another step, another half; another target, the same survivors.
    again = (moved_from(theta, 0.0, free, step=1) != theta)[:, :-1].any(dim=1)
    assert not torch.equal(again, borrows) and torch.equal(*borrows.split(N_SURVIVORS))


@pytest.mark.parametrize("other", [torch.Tensor.numpy, torch.Tensor.half, torch.Tensor.short])
def test_a_target_that_is_no_tensor_of_floats_is_refused(other):
    voice = synths.Plucked(sample_rate=16000, seconds=0.1)
    with pytest.raises(ValueError, match=r"tensor of float32 or float64; got (ndarray|torch\.float16|torch\.int16)"):
        match(voice, other(voice.play(1)))
