"""FourOperatorFM: frequency modulation with four operators."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import ADSR, VCA, Keyboard, Mixer
from synths.modules.algorithm import Algorithm
from synths.modules.operator import FeedbackOperator, Operator
from synths.notes.touch import Touch


class FourOperatorFM(Instrument):
    """One note of an FM synthesizer: four operators, eight algorithms, an envelope each, feedback on the fourth.

    Gradient: zero through the algorithm and the coarse ratios.

    Source: Yamaha's four-operator synthesizers (TX81Z, 1987).
    """

    touch = Touch(knobs={"op_2.level": 9, "op_3.level": 9, "op_4.level": 9})

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(lowest=24, highest=96),
            "algorithm": Algorithm(),
            "op_1_adsr": ADSR(),
            "op_2_adsr": ADSR(),
            "op_3_adsr": ADSR(),
            "op_4_adsr": ADSR(),
            "op_1": Operator(),
            "op_2": Operator(),
            "op_3": Operator(),
            "op_4": FeedbackOperator(),
            "vca": VCA(),
            "output": Mixer({"op_1": 2.0, "op_2": 2.0, "op_3": 2.0, "op_4": 2.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()
        wire, mixed = rack.algorithm()

        op_4 = rack.op_4(midi_f0, rack.op_4_adsr(note_on_s))
        op_3 = rack.op_3(midi_f0, rack.op_3_adsr(note_on_s), (wire[4, 3], op_4))
        op_2 = rack.op_2(midi_f0, rack.op_2_adsr(note_on_s), (wire[4, 2], op_4), (wire[3, 2], op_3))
        op_1 = rack.op_1(midi_f0, rack.op_1_adsr(note_on_s), (wire[4, 1], op_4), (wire[3, 1], op_3), (wire[2, 1], op_2))

        ops = enumerate((op_1, op_2, op_3, op_4), start=1)
        return rack.output(*(rack.vca(op.audio, op.level * mixed[i][:, None]) for i, op in ops))
