"""NSynth in HEAR's version: 5,000 four-second notes of the 88 pitches of a piano, no instrument in both train and test.

Source: Turian et al., HEAR: Holistic Evaluation of Audio Representations, 2022; the folder
    tasks/nsynth_pitch-v2.2.3-5h of its archive, with its split.
"""

from pathlib import Path

from doppelganger.evaluation.hear_kit import hear_kit_clips
from doppelganger.evaluation.task import Clip


def clips(root: Path) -> list[Clip]:
    return list(hear_kit_clips(root, "nsynth_pitch", "5h", 5_000))
