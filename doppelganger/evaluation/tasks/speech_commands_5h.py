"""Speech Commands v0.02 in HEAR's version: 22,890 one-second clips, 10 words, other words or silence, split by speaker.

Source: Turian et al., HEAR: Holistic Evaluation of Audio Representations, 2022; the folder
    tasks/speech_commands-v0.0.2-5h of its archive, with its split.
"""

from pathlib import Path

from doppelganger.evaluation.hear_kit import hear_kit_clips
from doppelganger.evaluation.task import Clip


def clips(root: Path) -> list[Clip]:
    return list(hear_kit_clips(root, "speech_commands", "5h", 22_890))
