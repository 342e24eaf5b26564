"""Where facts of plucked and struck sounds become inaudible: a row on either side of every limit."""

import pytest

from tests.labels.causes_facts import NAN, check
from tests.labels.test_causes_bodies import C4_HZ, MODAL, PLUCKED

D3_HZ = 440 * 2 ** (-19 / 12)  # the plucked string

# Measured decays are by 20 dB, a third of those by 60 dB; those of 2.5 s agree from a half of it to twice.
AGREES = [({"decay_s": s}, 2.5) for s in (NAN, 0.43, 0.8, 1.6)] + [({"decay_s": s}, NAN) for s in (0.40, 1.7, 3)]


def louder(tone: str, noise: str) -> list:
    """A body is the source where it is above three tenths of what strikes it, and the sound is no noise."""
    over = [({f"output.{tone}": level, f"output.{noise}": 1}, 0 if level > 0.3 else NAN) for level in (0.35, 0.25, 1)]
    return [*over, ({f"output.{tone}": 0.2, f"output.{noise}": 0.5}, 0)]


PLUCKED_ROWS = {
    "source": [*louder("string", "plectrum"), ({"noise_share": 0.45}, 0), ({"noise_share": 0.55}, NAN)],
    # Partials are those above the fundamental: a sound as dark as its fundamental has none.
    "string_damping": [
        *(({"brightness_hz": share * D3_HZ}, 0.7 if share > 1.3 else NAN) for share in (1.4, 1.2, 3.0, 0.5)),
        ({"output.string": 0.2, "output.plectrum": 1}, NAN),
        ({"noise_share": 0.6}, NAN),
    ],
    "ring_s": [*AGREES, ({"noise_share": 0.6}, NAN), ({"noise_share": 0.6, "decay_s": 0.8}, NAN)],
    "pitch_hz": [({"pitch_hz": 1.02 * D3_HZ}, D3_HZ), ({"pitch_hz": 200}, 200), ({"pitch_hz": NAN}, NAN)],
}

BRIGHT = [(share, {"brightness_hz": share * C4_HZ}) for share in (0.5, 1.1, 1.3, 1.4, 1.6, 4.0)]
MODAL_ROWS = {
    "source": [
        *louder("body", "mallet"),
        *(({"body.body": v}, whole) for v, whole in ((0.4, 0), (0.6, 1), (1.4, 1), (1.6, 2), (2, 2))),
    ],
    "body": [
        *(({"body.body": 1.2, **bright}, 1.2 if share > 1.2 else NAN) for share, bright in BRIGHT),
        ({"noise_share": 0.45}, 0),
        ({"noise_share": 0.55}, NAN),
        ({"output.body": 0.2, "output.mallet": 1}, NAN),
    ],
    "material": [({"body.material": 0.9, **bright}, 0.9 if share > 1.5 else NAN) for share, bright in BRIGHT],
    "contact_s": [({"body.contact": 5e-4, **bright}, 5e-4 if share > 1.2 else NAN) for share, bright in BRIGHT],
    "ring_s": [
        *(({"body.decay": 2.5, **changes}, expected) for changes, expected in AGREES),
        ({"output.body": 0.2, "output.mallet": 1}, NAN),
    ],
    # A bar has modes at 1, 2.757 and 5.404, a plate at 1, 2.5 and 4, a bell at 0.5, 1 and 1.2; half-way between, at the
    # geometric mean.
    "pitch_hz": [
        ({"pitch_hz": 1.02 * times * C4_HZ, "body.body": body}, times * C4_HZ)
        for body, times in ((0, 1), (0, 2.7565), (0, 5.404), (1, 2.5), (1, 4), (1.5, 0.5**0.5), (2, 0.5), (2, 1.2))
    ]
    # A period of several modes together is no pitch: the nearest mode is.
    + [
        ({"pitch_hz": times * C4_HZ, "body.body": body}, mode * C4_HZ)
        for body, times, mode in ((0, 0.5, 1), (0, 0.33, 1), (0, 1.5, 1), (1, 0.25, 1), (1.5, 0.5, 0.5**0.5))
    ]
    + [({"pitch_hz": 200, "output.body": 0.2, "output.mallet": 1}, 200)]
    + [({"pitch_hz": NAN}, NAN)],
    "overtones_db": [
        ({"pitch_hz": times * C4_HZ, "overtones_db": -3}, -3 if times == 1 else NAN) for times in (1, 0.5)
    ],
}

EVERY = {"plucked": (PLUCKED, PLUCKED_ROWS), "modal": (MODAL, MODAL_ROWS)}


@pytest.mark.parametrize(("name", "fact"), [(name, fact) for name, (_, rows) in EVERY.items() for fact in rows])
def test_a_fact_is_given_on_one_side_of_its_limits_alone(name, fact):
    bench, rows = EVERY[name]
    check(bench, fact, rows[fact])
