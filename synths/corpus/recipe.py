"""Recipe: all that decides the bytes of a rendered sound, besides its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from string import ascii_lowercase
from typing import Any, NamedTuple

from synths.corpus.sound_format import SoundFormat
from synths.finding import find
from synths.synth import AudioSynth

Label = dict[str, Any]

# What all labels of one folder have in common; "delta" where a label has it.
SHARED = ("synth", "fingerprint", "seed", "sample_rate", "seconds", "distribution", "normalize", "fade_out_s")
SHARED += ("subtype", "labels", "settings", "compiled", "delta")


class Sound(NamedTuple):
    """A sound to render: name of its file without the extension, its number, its view, and its label."""

    name: str
    number: int
    view: str
    label: Label


# Settings of which the fields of a recipe say what they made; the fingerprint stands for ranges.
_STATED = ("ranges", "sample_rate", "seconds", "distribution")


@dataclass(frozen=True)
class Recipe:
    """All that decides the bytes of a rendered sound, besides its number and the versions of the packages.

    Args:
        synth: name of the synth, as `find` takes it.
        settings: arguments of its class.
        fingerprint, sample_rate, seconds, distribution: those of the synth that these settings make.
        layout: fingerprint of the synth's space before these settings narrow it.
        seed: seed for all random draws.
        sound_format: how waveforms become files.
        n_doppelgangers: perturbed variants of each sound.
        delta: standard deviation of the perturbation, in theta.
        labels: what else labels hold, see `labels.find_labels`.
        compiled: whether the synth is compiled, which rounds in another way.
    """

    synth: str
    settings: dict[str, Any]
    fingerprint: str
    sample_rate: int
    seconds: float
    distribution: str
    layout: str = ""
    seed: int = 0
    sound_format: SoundFormat = SoundFormat()  # noqa: RUF009 (it is frozen)
    n_doppelgangers: int = 0
    delta: float = 0.25
    labels: str | None = None
    compiled: bool = False

    @classmethod
    def of(cls, synth: AudioSynth, name: str, settings: Mapping[str, Any], **others: Any) -> Recipe:
        """The recipe of a synth that was made from these settings."""
        made = synth.space.fingerprint(), synth.sample_rate, synth.seconds, synth.distribution
        return cls(name, dict(settings), *made, layout=synth.space.origin.fingerprint(), **others)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` returned.

        Raises:
            ValueError: a value is missing, unknown or of another type.
        """
        try:
            recipe = cls(**{**values, "sound_format": SoundFormat(**values["sound_format"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"expected a recipe; {error}") from None
        like = cls("", {}, "", 1, 1.0, "", labels="", sound_format=SoundFormat(normalize=""))
        for value, expected in ((recipe, like), (recipe.sound_format, like.sound_format)):
            for field in fields(value):
                _check(field.name, getattr(value, field.name), getattr(expected, field.name))
        recipe.sound_format.require(recipe.sample_rate)
        return recipe

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def build(self) -> AudioSynth:
        """The synth.

        Raises:
            ValueError: no such synth, or its parameters are not those of the recipe.
        """
        synth = find(self.synth, AudioSynth)(**self.settings)
        if synth.space.fingerprint() != self.fingerprint:
            raise ValueError(
                f"{self.synth} has fingerprint {synth.space.fingerprint()} here, not {self.fingerprint}: "
                "install the version of the package that the recipe was made with"
            )
        if synth.distribution != self.distribution:
            raise ValueError(f"sounds were drawn from {self.distribution}; it is {synth.distribution} now")
        return synth

    def label(self) -> Label:
        """What the labels of all sounds hold."""
        names = ("synth", "fingerprint", "layout", "seed", "sample_rate", "seconds", "distribution")
        label = {name: getattr(self, name) for name in names} | self.sound_format.label()
        label |= {"settings": self.others()} if self.others() else {}
        label |= {"compiled": True} if self.compiled else {}
        return label | ({"labels": self.labels} if self.labels else {})

    def others(self) -> dict[str, Any]:
        """The settings that no other field stands for, such as oversample."""
        return {name: value for name, value in self.settings.items() if name not in _STATED}

    def sounds(self, prefix: str, first: int, n: int) -> Iterator[Sound]:
        """The sounds from `first` on, each followed by its doppelgängers, without the parameters in their labels."""
        shared = self.label()
        for i in range(first, first + n):
            for view in ["", *ascii_lowercase[: self.n_doppelgangers]]:
                label = shared | {"index": i} | ({"view": view, "delta": self.delta} if view else {})
                yield Sound(f"{prefix}-{i:06d}" + (f"-{view}" if view else ""), i, view, label)

    @property
    def n_views(self) -> int:
        """Files of one sound: itself and its doppelgängers."""
        return 1 + self.n_doppelgangers


def _check(name: str, value: object, like: object) -> None:
    kinds = (int, float) if isinstance(like, float) else type(like)
    if value is None and name in ("labels", "normalize"):
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and not isinstance(like, bool)):
        raise ValueError(f"expected {name} as {type(like).__name__}; got {value!r:.80}")
