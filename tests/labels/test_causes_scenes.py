"""Rules of scenes: how many of what, in which order, over which bed, in which room."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from doppelganger.labels.causes import audiopg
from doppelganger.labels.causes.soundscape import CAUSES
from doppelganger.labels.recording_labeller import RecordingLabeller
from doppelganger.labels.tags.rule import Rule
from synths.procedural.audiopg import AudioPG
from synths.procedural.soundscape import Soundscape
from tests.labels.causes_measures import SR
from tests.labels.causes_patches import Bench, Scale, label

SECONDS = 4.0
KINDS = CAUSES.ordered
FIVE = (0, 1, 2, 3, 4, 5)
# Facts of a single event: all of them in a soundscape; the first row in a clip of AudioPG, which has one pitch.
TIMES = ("attack_s", "decay_s", "sustain", "swell", "n_attacks")
TONES = (
    "pitch_hz", "glide", "glide_rate", "vibrato_hz", "vibrato", "tremolo_hz", "tremolo", "overtones_db", "even_db",
    "inharmonicity", "brightening",
)  # fmt: skip


def event(number: int, kind: str, start_s: float, seconds: float = 0.6) -> dict[str, float]:
    settings = {"kind": KINDS.index(kind) + 0.5, "place": start_s / (SECONDS - seconds), "duration": seconds}
    settings |= {"level": 0, "attack": 0.005, "release": 0.05}
    return {f"event_{number}.{name}": value for name, value in settings.items()}


def events(*kinds: str) -> dict[str, float]:
    """One after the other, 0.7 s apart."""
    each = [event(i, kind, 0.7 * i - 0.4) for i, kind in enumerate(kinds, start=1)]
    return {"scene.n_events": len(kinds) - 0.5} | {name: value for one in each for name, value in one.items()}


def scene(counts_of: dict[str, float]) -> dict[str, float]:
    """Events of these counts of each kind; one event of another kind if all are zero."""
    kinds = [name[2:] for name, n in counts_of.items() if name.startswith("n ") for _ in range(int(n))]
    knobs = {name: value for name, value in counts_of.items() if not name.startswith("n ")}
    another = next(kind for kind in KINDS if f"n {kind}" not in counts_of)
    return knobs if "scene.n_events" in knobs else knobs | events(*(kinds or [another]))


def order(a: str, b: str, lag_s: float) -> dict[str, float]:
    return {"scene.n_events": 1.5} | event(1, a, 1.4, 1.2) | event(2, b, 1.4 + lag_s, 1.2)


def beside(v: float, first: bool) -> dict[str, float]:
    kinds = KINDS[int(v)], KINDS[1 if v == 0 else 0]
    return events(*(kinds if first else kinds[::-1]))


# ---- Independent measures ----


def onsets(x: np.ndarray) -> float:
    """Jumps of the energy of 20 ms."""
    energy = np.log(np.square(x).reshape(-1, SR // 50).mean(axis=1) + 1e-6)
    return float(len(signal.find_peaks(np.diff(energy), height=2, distance=10)[0]))


def bed_db(x: np.ndarray) -> float:
    """Level of the second half, in which nothing happens."""
    return float(10 * np.log10(np.mean(x[-2 * SR :] ** 2)))


def colour(x: np.ndarray) -> float:
    """Slope of the spectrum from 100 Hz to 6 kHz, on logarithmic axes."""
    hz, power = signal.welch(x[-3 * SR :], SR, nperseg=1024)
    some = (hz > 100) & (hz < 6000)
    return float(-np.polyfit(np.log(hz[some]), np.log(power[some]), 1)[0])


def room_s(x: np.ndarray) -> float:
    """By the decay of what is left of an event from its end on, without the bed.

    Source: Schroeder, New Method of Measuring Reverberation Time, JASA 37, 1965.
    """
    tail, bed = x[round(0.93 * SR) : round(3.5 * SR)], x[-SR // 2 :]
    left = np.cumsum((tail**2 - np.mean(bed**2))[::-1])[::-1]
    db = 10 * np.log10(np.maximum(left / left[0], 1e-6))
    some = slice(np.flatnonzero(db < -1)[0], np.flatnonzero(db < -16)[0])
    return float(-60 / np.polyfit(np.arange(len(db))[some] / SR, db[some], 1)[0])


def wet(x: np.ndarray) -> float:
    """Power from 0.02 to 0.1 s after the end of an event against that before."""
    after, before = x[round(0.92 * SR) : round(SR)], x[round(0.5 * SR) : round(0.8 * SR)]
    return float(np.mean(after**2) / np.mean(before**2))


# Rules of one source, and of the order of two, are the same for all: a few will do.
SOME = ("impact", "rain", "engine")
SOME_PAIRS = (("impact", "rain"), ("rain", "engine"))
OTHERS = [kind for kind in KINDS if kind not in SOME]


def counts(rule: Rule) -> bool:
    of_one = {f"{what} {kind}" for kind in OTHERS for what in ("repeated", "begins with", "ends with")}
    of_two = {f"{a} to {b}" for a in KINDS for b in KINDS if (a, b) not in SOME_PAIRS}
    return rule.word not in of_one and rule.fact not in of_two


DRY = {"room.mix": 0.0}
RAIN = events("rain")
SCENE = Bench(
    Soundscape(sample_rate=SR, seconds=SECONDS),
    {"bed.level": -70, "bed.exponent": 1, "room.predelay": 0, "room.brightness": 130, "room.damping": 0} | DRY,
    {
        **{f"n {kind}": Scale(lambda v, kind=kind: {f"n {kind}": v}, None, FIVE) for kind in KINDS},
        "n bed": Scale(lambda v: {"bed.level": (-70, -40)[int(v)]}, None, (0, 1)),
        "n_events": Scale(lambda v: events(*["impact"] * int(v)), onsets, FIVE[1:], near=0.5),
        "first_source": Scale(lambda v: beside(v, True), None, tuple(range(len(KINDS)))),
        "last_source": Scale(lambda v: beside(v, False), None, tuple(range(len(KINDS)))),
        **{
            f"{a} to {b}": Scale(lambda v, a=a, b=b: order(a, b, v), None, (-1.3, 1.3), 0.05)
            for a, b in SOME_PAIRS
        },
        "bed_db": Scale(
            lambda v: RAIN | {"bed.level": v}, bed_db, (-59, -31), 2, 0.5, absent=RAIN | {"bed.level": -75}
        ),
        "bed_colour": Scale(
            lambda v: RAIN | {"bed.exponent": v, "bed.level": -35}, colour, (-0.5, 2.5), 0.15, 0.15
        ),
        "reverb": Scale(
            lambda v: RAIN | {"room.mix": v, "room.decay": 1.5}, wet, (0.11, 1), 0.04, absent=RAIN | DRY
        ),
        "reverb_s": Scale(
            lambda v: RAIN | {"room.mix": 0.9, "room.decay": v}, room_s, (0.3, 6), 1.2, 1.2, True, absent=RAIN | DRY
        ),
    },
    scene,
    counts,
)  # fmt: skip


@pytest.mark.parametrize("pair", SCENE.pairs, ids=str)
def test_a_rule_separates_two_sides_of_its_edge(pair):
    SCENE.check(pair)


def test_reverb_is_audible_in_a_tail():
    base, room = dict(SCENE.base), {"room.mix": 0.9, "room.decay": 1}
    until_the_end = {"scene.n_events": 0.5} | event(1, "rain", 0, SECONDS - 0.01)
    loud_bed = RAIN | {"bed.level": -30, "event_1.level": -24}
    clear, dry, full, covered, dry_covered = label(
        SCENE.synth, [base | patch for patch in (RAIN | room, RAIN, until_the_end | room, loud_bed | room, loud_bed)]
    )
    tail = slice(round(0.95 * SR), round(1.15 * SR))
    gain_db = [
        20 * np.log10(a.sound[tail].std() / b.sound[tail].std()) for a, b in ((clear, dry), (covered, dry_covered))
    ]
    assert gain_db[0] > 10 and "reverb" in clear.tags
    assert gain_db[1] < 6 and "reverb" not in covered.tags
    assert "reverb" not in full.tags | dry.tags


def test_background_noise_is_no_event():
    quiet, loud = label(SCENE.synth, [dict(SCENE.base) | RAIN | {"bed.level": level} for level in (-70, -35)])
    assert "bed" in loud.tags and "bed" not in quiet.tags
    for each in (quiet, loud):
        assert each.facts["n_events"] == 1 and each.facts["n rain"] == 1
        assert [KINDS[int(each.facts[name])] for name in ("source", "first_source", "last_source")] == ["rain"] * 3


def test_a_single_event_keeps_its_measured_facts_and_several_events_have_none():
    single, several = label(SCENE.synth, [dict(SCENE.base) | events(*kinds) for kinds in (["tone"], ["tone", "pluck"])])
    measured = RecordingLabeller(SR)
    labels = measured(torch.arange(1), torch.from_numpy(single.sound).float()[None])
    expected = dict(zip((fact.name for fact in measured.facts), labels.facts[0].tolist(), strict=True))
    for name in (*TIMES, *TONES):
        assert single.facts[name] == pytest.approx(expected[name], rel=1e-4, nan_ok=True)
        assert math.isnan(several.facts[name])
    assert single.facts["pitch_hz"] > 20 and single.facts["attack_s"] > 0


def test_sources_are_those_of_the_scene():
    assert tuple(CAUSES.sources) == Soundscape.sources
    assert tuple(audiopg.CAUSES.sources) == AudioPG.sources


def test_facts_of_single_events_and_sources_that_are_no_events():
    assert set(CAUSES.alone) == {*TIMES, *TONES} and set(audiopg.CAUSES.alone) == set(TIMES)
    assert (CAUSES.within, audiopg.CAUSES.within) == (("bed",), ("burst",))
