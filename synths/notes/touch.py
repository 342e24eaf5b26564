"""Touch: how a voice answers to notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# The velocity at which a voice sounds as its knobs are set.
PLAIN_VELOCITY = 100.0
_STEPS = 127.0


@dataclass(frozen=True)
class Touch:
    """How a voice answers to notes: what velocity moves, and how long a note sounds on.

    At velocity 100 a voice sounds as its knobs are set. A velocity v raises the level by
    ``level_db * (v - 100) / 127`` and moves each of `knobs` by ``change * (v - 100) / 127``, within its range.

    Args:
        level_db: rise of the level over velocities 0 to 127, in dB.
        knobs: parameter -> its change over velocities 0 to 127, in its unit.
        release: parameters in s, the longest of which says how long a note sounds on after its key is released;
            None: every parameter named "release".
        rings: that time as a multiple of the longest of `release`: 4/3 where `release` is a decay by 60 dB, which
            ends a note 80 dB down.
        gated: whether a note fades in a straight line over its release, for a voice with a part that no envelope
            ends.
        bends: whether the pitch of a note follows a pitch wheel while it sounds, and not only where it starts.
    """

    level_db: float = 30.0
    knobs: Mapping[str, float] = field(default_factory=dict)
    release: tuple[str, ...] | None = None
    rings: float = 1.0
    gated: bool = False
    bends: bool = True

    @staticmethod
    def share(velocity):
        """Which part of its change a knob makes at a velocity: 0 at 100."""
        return (velocity - PLAIN_VELOCITY) / _STEPS
