"""NSynth: 305,979 four-second notes of 128 MIDI pitches at most, no instrument in both train and test.

Source: Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, 2017;
    magenta.tensorflow.org/datasets/nsynth, the json/wav archives, with the official split.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.task import Clip
from doppelganger.evaluation.tasks.nsynth_instrument import notes


@whole(305_979, "train valid test")
def clips(root: Path) -> Iterator[Clip]:
    return notes(root, "pitch")
