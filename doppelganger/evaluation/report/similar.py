"""A page with the sounds of a folder that are most similar to a sound."""

from collections.abc import Sequence
from pathlib import Path

from doppelganger.embedding.audio import read_blocks
from doppelganger.embedding.sound_files import text_of
from doppelganger.embedding.windows import beginning
from doppelganger.evaluation.media import sound_uri
from doppelganger.evaluation.report.page import read_template
from synths import files

_SECONDS, _SAMPLE_RATE = 10.0, 16000  # longest excerpt on the page; in Hz


def write_page(
    path: Path, wanted: Path, found: Sequence[tuple[float, str, Path]], *, folder: str, encoder: str
) -> None:
    """Write one self-contained HTML page.

    Args:
        path: output file.
        wanted: sound that the others were compared with.
        found: similarity, name and file of each sound, the most similar first.
        folder, encoder: names of the folder and of the encoder.

    Raises:
        UnusableClip: a file that was readable before and no longer is.
    """
    rows = [(similarity, name, _sound(file)) for similarity, name, file in found]
    name = text_of(Path(wanted.name))
    context = {"name": name, "sound": _sound(wanted), "rows": rows, "folder": folder, "encoder": encoder}
    files.write(path, read_template("similar.html").render(**context, seconds=_SECONDS))


def _sound(file: Path) -> str:
    return sound_uri(beginning(read_blocks(file, _SAMPLE_RATE), round(_SECONDS * _SAMPLE_RATE)), _SAMPLE_RATE)
