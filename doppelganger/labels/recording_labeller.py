"""RecordingLabeller: labels of recordings, whose synthesis parameters are unknown."""

from torch import Tensor

from doppelganger.labels.base_labeller import BaseLabeller
from doppelganger.labels.labels import Labels, no_events
from doppelganger.labels.measure import measurements


class RecordingLabeller(BaseLabeller):
    """Facts, tags and captions of sounds of any origin, from measurements on the waveform alone.

    Args:
        sample_rate: sample rate of the sounds, in Hz.
        seed: seed for the wording of captions.
    """

    def __init__(self, sample_rate: int, seed: int = 0):
        super().__init__((), seed)
        self.sample_rate = sample_rate

    def __call__(self, index: Tensor, sound: Tensor) -> Labels:
        """Labels of sounds (batch, n_samples); index, int64 (batch,), chooses the wording."""
        measured = measurements.measure(sound, self.sample_rate)
        return self.labels_of(measured.values, no_events(len(sound), 1, sound.device), index)
