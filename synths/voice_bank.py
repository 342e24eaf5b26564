"""VoiceBank: the voices of the package as one synth."""

from collections.abc import Mapping

from synths.bank import SynthBank
from synths.finding import built_in
from synths.instrument import Instrument
from synths.presets.distribution import PresetDistribution

# Their order is part of the bank's fingerprint. Later voices follow by name.
_FIRST = ("voice", "voicefm", "subtractive", "fouroperatorfm", "plucked", "modal", "drum", "formant")


class VoiceBank(SynthBank):
    """The voices of the package as one synth, which draws one of them for each sound.

    A `SynthBank` of every built-in `Instrument` with `in_bank`, all with the same settings. Installed plug-ins are not
    part of it: what it plays, and its fingerprint, does not depend on what is installed.

    Args:
        weights, ranges: see `SynthBank`.
        sample_rate, seconds, control_rate, oversample: of each voice, see `Instrument`.
        distribution: of each voice, see `Synth`.
    """

    def __init__(
        self,
        weights: Mapping[str, float] | None = None,
        *,
        ranges: Mapping[str, float | list[float]] | None = None,
        sample_rate: int = 44100,
        seconds: float = 4.0,
        control_rate: float = 441.0,
        oversample: int = 1,
        distribution: str | PresetDistribution = "theta",
    ):
        voices = {
            name: cls(
                sample_rate=sample_rate,
                seconds=seconds,
                control_rate=control_rate,
                oversample=oversample,
                distribution=distribution,
            )
            for name, cls in _voices()
        }
        super().__init__(voices, weights, ranges=ranges)


def _voices() -> list[tuple[str, type[Instrument]]]:
    """Name and class of each voice, in their order in the bank."""
    voices = [(name, cls) for name, cls in built_in(Instrument).items() if cls.in_bank]
    return sorted(voices, key=lambda voice: _FIRST.index(voice[0]) if voice[0] in _FIRST else len(_FIRST))
