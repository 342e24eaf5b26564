"""NSynth: 305,979 four-second notes of 11 families of instruments, no instrument in both train and test.

Source: Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, 2017;
    magenta.tensorflow.org/datasets/nsynth, the json/wav archives, with the official split.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import field, read_json
from doppelganger.evaluation.task import Clip


@whole(305_979, "train valid test")
def clips(root: Path) -> Iterator[Clip]:
    return notes(root, "instrument_family_str")


def notes(root: Path, key: str) -> Iterator[Clip]:
    """All notes, labelled by one of the keys of examples.json."""
    for fold in ("train", "valid", "test"):
        table = root / f"nsynth-{fold}" / "examples.json"
        for note, record in read_json(table).items():
            yield Clip(f"nsynth-{fold}/audio/{note}.wav", str(field(record, key, table)), fold)
