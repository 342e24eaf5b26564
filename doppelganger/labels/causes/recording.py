"""Recording: nothing is known of it but what is heard."""

from torch import Tensor

from doppelganger.labels import known as k
from doppelganger.labels.descriptors import Heard
from synths.synth import AudioSynth

SOURCES: dict[str, tuple[str, ...]] = {}
FACTS = (k.SOURCE,)
RULES = ()


def known(synth: AudioSynth, physical: Tensor, heard: Heard) -> dict[str, Tensor]:
    """No facts."""
    return {"source": k.only(heard.facts["level_db"], heard.facts["level_db"].isnan())}
