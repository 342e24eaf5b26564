"""SixOperatorFM: frequency modulation with six operators and 32 algorithms."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import Mixer
from synths.modules.delayed_lfo import DelayedLFO
from synths.modules.operator_stack import OperatorStack
from synths.modules.pitch_envelope import PitchEnvelope
from synths.modules.rate_operator import RateOperator
from synths.modules.velocity_keyboard import VelocityKeyboard
from synths.notes.touch import Touch


class SixOperatorFM(Instrument):
    """One note of the FM synthesizers of the eighties: six operators, 32 algorithms, envelopes of four rates.

    A sound begins with a step where the first rate and level of a carrier's envelope are the highest.
    `synths.patches` reads and writes its patches as `.syx` banks.

    Gradient: as in `OperatorStack`, `RateOperator` and `DelayedLFO`.

    Source: Yamaha DX7, 1983. It differs in that envelopes move in straight lines between frames of 2.3 ms, feedback
    is without delay and ends at a saw, loops around several operators are the feedback of the sixth, and nothing
    aliases or is rounded to 12 bits.
    """

    # Its releases may last for minutes, or end at a level above silence.
    touch = Touch(level_db=0, knobs={"keyboard.velocity": 127}, gated=True)
    in_bank = False  # its 155 parameters would add two fifths to the bank's 374

    def __init__(self, **kwargs):
        rack = {
            "keyboard": VelocityKeyboard(lowest=24, highest=96),
            "lfo": DelayedLFO(),
            "pitch": PitchEnvelope(),
            "op_1": RateOperator(),
            "op_2": RateOperator(),
            "op_3": RateOperator(),
            "op_4": RateOperator(),
            "op_5": RateOperator(),
            "op_6": RateOperator(),
            "algorithm": OperatorStack(),
            "output": Mixer({"voice": 4.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        note = rack.keyboard()
        vibrato, lowered = rack.lfo(key)
        pitch = vibrato + rack.pitch(note.on_s)

        ops = (rack.op_1, rack.op_2, rack.op_3, rack.op_4, rack.op_5, rack.op_6)
        tones = [op(note, lowered) for op in ops]

        return rack.output(rack.algorithm(key, pitch, *tones))
