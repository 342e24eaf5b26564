"""Several sounds, or pictures, side by side in a notebook."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synths.showing.sound import Picture, Sound
from synths.synth import AudioSynth

_MOST = 16  # a notebook keeps all that it shows


class Shown(tuple[Sound | Picture, ...]):
    """Sounds or pictures; in a notebook, the first 16 side by side."""

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))

    def _repr_html_(self) -> str:
        shown = "".join(one._repr_html_() for one in self[:_MOST])
        return shown + (f"<p>and {len(self) - _MOST} more</p>" if len(self) > _MOST else "")


def show(
    sounds: Tensor | Sound, of: int | AudioSynth | None = None, titles: Sequence[str] | None = None
) -> Sound | Picture | Shown:
    """A sound, or several, with a player and a picture each: the last line of a notebook's cell shows them.

        synths.show(voice.play([0, 1, 2]), voice)

    Args:
        sounds: (n_samples,) or (batch, n_samples) in [-1, 1]; or, without `of`, patterns (height, width) or
            (batch, height, width); or a `Sound`.
        of: sample rate in Hz, or the synth that rendered the sounds.
        titles: a title each (their numbers).

    Raises:
        ValueError: another shape, or another number of titles.
    """
    if isinstance(sounds, Sound):
        return sounds
    sounds = torch.as_tensor(sounds)  # of an array, say
    rate = of.sample_rate if isinstance(of, AudioSynth) else of
    single = sounds.ndim == (2 if rate is None else 1)
    if not single and sounds.ndim != (3 if rate is None else 2):
        expected = "(height, width) or (batch, height, width)" if rate is None else "(n_samples,) or (batch, n_samples)"
        hint = "; sounds need their sample rate" if rate is None else ""
        raise ValueError(f"expected {expected}; got {tuple(sounds.shape)}{hint}")
    batch = sounds[None] if single else sounds
    names = titles if titles is not None else [""] if single else [str(i) for i in range(len(batch))]
    if len(names) != len(batch):
        raise ValueError(f"expected a title for each of {len(batch)} sounds; got {len(names)}")
    rows = zip(batch, names, strict=True)
    shown = Shown(Picture(one, name) if rate is None else Sound(one, rate, name) for one, name in rows)
    return shown[0] if single else shown
