"""Sounds of generated pages, as files beside the page and as HTML that plays them."""

from pathlib import Path

import numpy as np
import soundfile


def player(folder: Path, name: str, sound: np.ndarray, rate_hz: int, caption: str = "") -> str:
    """Writes a sound, and returns HTML that plays it on a page in the top folder of the site.

    Args:
        folder: top folder of the pages.
        name: file name without suffix, such as "demos/voice".
        sound: (n_samples,) in [-1, 1].
        caption: text above the controls, and label for screen readers.

    Raises:
        ValueError: the sound is silent, peaking below -60 dB.
    """
    if np.abs(sound).max() < 1e-3:
        raise ValueError(f"{name}: expected a sound; it is silent")
    path = folder / "_static" / "sounds" / f"{name}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate_hz, format="FLAC")
    audio = f'<audio controls preload="none" aria-label="{caption or name}" src="_static/sounds/{name}.flac"></audio>'
    return f"<figure><figcaption>{caption}</figcaption>{audio}</figure>" if caption else audio


def row(players: list[str]) -> str:
    """Several players side by side."""
    return f'<div class="players">{"".join(players)}</div>'
