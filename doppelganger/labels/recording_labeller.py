"""RecordingLabeller: what can be said of sounds that nobody knows the cause of."""

from torch import Tensor

from doppelganger.labels.labels import Labels, no_events
from doppelganger.labels.language import Language
from doppelganger.labels.measure import measurements


class RecordingLabeller(Language):
    """Tags, facts and captions of sounds, such as recordings: what is measured on them and nothing else.

    Args:
        sample_rate: of the sounds, in Hz.
        seed: of the wording of captions.
    """

    def __init__(self, sample_rate: int, seed: int = 0):
        super().__init__((), seed)
        self.sample_rate = sample_rate

    def __call__(self, index: Tensor, sound: Tensor) -> Labels:
        """Labels of sounds (batch, n_samples), worded by their numbers, int64 (batch,)."""
        return self.say(
            measurements.measure(sound, self.sample_rate).values, no_events(len(sound), 1, sound.device), index
        )
