"""Where facts of scenes become inaudible: a row on either side of every limit."""

import pytest
import torch

from doppelganger.labels.causes import audiopg, scenes, soundscape
from doppelganger.labels.measure.measurements import FACTS, Measurements
from synths.procedural import tones
from synths.procedural.scene import PlannedEvents
from tests.labels.causes_facts import NAN, check, facts_of
from tests.labels.test_causes_audiopg import BURST, CLIP, F0_HZ, SR, tone
from tests.labels.test_causes_scenes import RAIN, SCENE

# ---- Clips of AudioPG: tones of 300 Hz ----


def filtered(number: int, cutoff_hz: float, bright: float = 1.0, **changes: float) -> dict[str, float]:
    """A tone through a low-pass filter, as bright as a share of the cutoff."""
    patch = tone(number) | {"clip.lowpass": 5.5, "clip.cutoff": cutoff_hz, "brightness_hz": bright * cutoff_hz}
    return patch | {name.replace("__", "."): value for name, value in changes.items()}


FM = tone(1) | {"clip.index": 2.0, "clip.ratio": 0.5}
AUDIBLE_FM = [
    ({}, True), ({"noise_share": 0.55}, True), ({"noise_share": 0.65}, False), (tone(0), False), (tone(2), False),
    (filtered(1, 1.9 * F0_HZ), False), (filtered(1, 2.1 * F0_HZ), True), (filtered(1, 1.9 * F0_HZ, bright=2.1), True),
]  # fmt: skip
CLIP_ROWS = {
    "fm_index": [(FM | changes, 2 if there else NAN) for changes, there in AUDIBLE_FM],
    "fm_ratio": [
        *((FM | changes, tones.RATIOS[0] if there else NAN) for changes, there in AUDIBLE_FM),
        *((tone(1) | {"clip.ratio": i + 0.5}, ratio) for i, ratio in enumerate(tones.RATIOS)),
    ],
    # Audible up to a centroid of twice the cutoff, where partials lie well above it.
    "lowpass_hz": [
        *((filtered(2, 900, bright), 900 if bright < 2 else NAN) for bright in (0.5, 1.9, 2.1)),
        *((filtered(2, 900) | {"clip.lowpass": which}, 900 if which > 3 else NAN) for which in (0.5, 2.5, 3.5, 5.5)),
        *((filtered(0, 900, clip__n_partials=n - 2.5), 900 if n > 4.5 else NAN) for n in (3, 4, 5, 10)),
        (filtered(1, 900), 900), (filtered(2, 5000), 5000), (filtered(2, 5700), NAN), (filtered(1, 5000), 5000),
    ],
    "n_partials": [
        *((tone(0) | {"clip.n_partials": n - 2.5}, n) for n in range(3, 16)),
        *((tone(0) | {"clip.n_partials": 9.5, "clip.f0": hz}, 12 if 12 * hz < SR / 2 else NAN) for hz in (660, 680)),
        (tone(1), NAN), (tone(2), NAN), (tone(0) | {"noise_share": 0.55}, 7), (tone(0) | {"noise_share": 0.65}, NAN),
        (filtered(0, 900), NAN), (filtered(0, 900, bright=2.1), 7),
    ],
    "burst_s": [(BURST | {"clip.burst_duration": 0.03}, 0.03), (tone(0) | {"clip.burst_duration": 0.03}, NAN)],
    "pitch_hz": [
        ({"pitch_hz": 1.02 * times * F0_HZ}, (times if times in (0.5, 1, 2) else 1.02 * times) * F0_HZ)
        for times in (0.25, 0.5, 1, 1.5, 2, 4)
    ],
}  # fmt: skip


@pytest.mark.parametrize("fact", CLIP_ROWS)
def test_a_fact_of_a_clip_is_given_on_one_side_of_its_limits_alone(fact):
    check(CLIP, fact, CLIP_ROWS[fact])


@pytest.mark.parametrize(
    ("gain", "lowpass", "cutoff_hz", "expected_db"),
    [(1, 0.5, 400, 0), (2, 0.5, 400, 6.0206), (0.5, 2.5, 400, -6.0206), (1, 5.5, 800, -10), (2, 3.5, 800, -3.9794)],
)
def test_a_burst_of_white_noise_loses_what_the_filter_takes(gain, lowpass, cutoff_hz, expected_db):
    """Through a low-pass filter at a tenth of half the rate goes a tenth of the power: -10 dB. Tones are at 0 dB."""
    space = CLIP.synth.space
    physical = space.to_physical(torch.full((1, len(space)), 0.5)).double()
    for name, value in {"clip.burst_gain": gain, "clip.lowpass": lowpass, "clip.cutoff": cutoff_hz}.items():
        physical[0, space.column(name)] = value
    found = audiopg.levels_db(CLIP.synth, physical)[0]
    n = len(found) // 2
    assert found.tolist() == pytest.approx([0] * n + [expected_db] * n, abs=1e-3)


# ---- Soundscapes ----


def envelope(level_db: float, tail_db: float = -200, tail_s: float = 0.0, first_s: float = 0.95) -> torch.Tensor:
    """Of 4 s: an event at 0 dB from 0.3 to 0.9 s, a tail from `first_s` on, and a level at all other times."""
    time_s = (torch.arange(400) + 0.5) / 100
    found = torch.full((400,), 10 ** (level_db / 20))
    found[(time_s > first_s) & (time_s < first_s + tail_s)] = 10 ** (tail_db / 20)
    found[(time_s > 0.3) & (time_s < 0.9)] = 1.0
    return found


ROOM = RAIN | {"room.mix": 0.5, "room.decay": 1.0, "bed.level": -75}


@pytest.mark.parametrize(
    ("bed_db", "floor_db", "audible"),
    [(-40, -40, True), (-40, -34.5, True), (-40, -33.5, False), (-59, -59, True), (-61, -61, False), (-61, -80, False)],
)
def test_the_bed_is_audible_where_the_quietest_moment_is_hardly_louder(bed_db, floor_db, audible):
    found = facts_of(SCENE, RAIN | {"bed.level": bed_db, "bed.exponent": 1.25}, envelope(floor_db))
    expected = (bed_db, 1.25) if audible else (NAN, NAN)
    assert (found["bed_db"], found["bed_colour"]) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("changes", "tail", "audible"),
    [
        ({}, {"tail_db": -20, "tail_s": 0.1}, True),
        ({"room.mix": 0.11}, {"tail_db": -20, "tail_s": 0.1}, True),
        ({"room.mix": 0.09}, {"tail_db": -20, "tail_s": 0.1}, False),
        ({"room.decay": 0.26}, {"tail_db": -20, "tail_s": 0.1}, True),
        ({"room.decay": 0.24}, {"tail_db": -20, "tail_s": 0.1}, False),
        # For 50 ms, above a hundredth of the peak, 6 dB above the bed.
        ({}, {"tail_db": -20, "tail_s": 0.07}, True),
        ({}, {"tail_db": -20, "tail_s": 0.04}, False),
        ({}, {"tail_db": -39, "tail_s": 0.1}, True),
        ({}, {"tail_db": -41, "tail_s": 0.1}, False),
        ({"bed.level": -30}, {"tail_db": -23, "tail_s": 0.1}, True),
        ({"bed.level": -30}, {"tail_db": -25, "tail_s": 0.1}, False),
        # Before the event or after it, but not within 30 ms of it, where the envelope is smoothed.
        ({}, {"tail_db": -20, "tail_s": 0.1, "first_s": 0.1}, True),
        ({}, {"tail_db": -20, "tail_s": 0.07, "first_s": 0.9}, False),
    ],
)
def test_a_room_is_audible_in_a_tail(changes, tail, audible):
    found = facts_of(SCENE, ROOM | changes, envelope(-120, **tail))
    patch = ROOM | changes
    expected = (patch["room.mix"], patch["room.decay"]) if audible else (NAN, NAN)
    assert (found["reverb"], found["reverb_s"]) == pytest.approx(expected, nan_ok=True)


def test_levels_of_a_soundscape_are_those_of_its_events_and_of_its_bed():
    space = SCENE.synth.space
    physical = space.to_physical(torch.full((1, len(space)), 0.5)).double()
    names = [name for name in space.names if name.startswith("event_") and name.endswith(".level")]
    for i, name in enumerate([*names, "bed.level"]):
        physical[0, space.column(name)] = -3.0 * i
    expected = [-3.0 * i for i in range(len(names) + 1)]
    assert soundscape.levels_db(SCENE.synth, physical)[0].tolist() == pytest.approx(expected)


# ---- Which of the planned events are audible ----


def audible(starts, ends, levels_db, active=None, level_at=lambda time_s: torch.ones_like(time_s)) -> list[bool]:
    times = (torch.tensor([each], dtype=torch.float64) for each in (starts, ends))
    active = torch.tensor([active or [True] * len(starts)])
    planned = PlannedEvents(*times, torch.zeros(1, len(starts), dtype=torch.long), active)
    time_s = (torch.arange(400) + 0.5) / 100
    measured = Measurements(torch.full((1, len(FACTS)), NAN), level_at(time_s)[None], 0.01)
    return scenes.audible_events(planned, torch.tensor([levels_db]), measured).active[0].tolist()


@pytest.mark.parametrize(
    ("end_s", "level_db", "first"),
    [(1.75, -21, True), (1.85, -21, False), (1.85, -19, True), (1.85, -30, False), (3, -19, True), (0.9, -40, True)],
)
def test_an_event_is_masked_where_four_fifths_of_it_lie_under_one_20_db_louder(end_s, level_db, first):
    """The first lasts from 1 to 2 s; the second begins earlier and ends within it, or after it."""
    assert audible([1.0, 0.5], [2.0, end_s], [level_db, 0.0]) == [first, True]
    assert audible([1.0, 0.5], [2.0, end_s], [level_db, 0.0], [True, False]) == [True, False], "by what there is"


@pytest.mark.parametrize(("level_db", "second"), [(-59.0, True), (-61.0, False)])
def test_an_event_60_db_below_the_loudest_is_inaudible(level_db, second):
    assert audible([0.5, 2.0], [1.0, 3.0], [0.0, level_db]) == [True, second]
    assert audible([0.5, 2.0], [1.0, 3.0], [0.0, level_db], [False, True]) == [False, True]


@pytest.mark.parametrize(("level", "second"), [(0.012, True), (0.008, False)])
def test_an_event_is_inaudible_where_the_sound_stays_below_a_hundredth_of_its_peak(level, second):
    quiet = {"level_at": lambda time_s: torch.where(time_s < 1.5, 0.5, 0.5 * level)}
    assert audible([0.5, 2.0], [1.0, 3.0], [0.0, 0.0], **quiet) == [True, second]
    at_once = {"level_at": lambda time_s: torch.where((time_s > 2.98) & (time_s < 3), 0.5, 0.0)}
    assert audible([0.5, 2.0], [1.0, 3.0], [0.0, 0.0], **at_once) == [False, True]
