"""Matching: theta of a sound, by gradient, from starts that are tuned to its pitch."""

from synths.matching.distance import Distance, EnvelopeDistance, SpectralDistance
from synths.matching.one_voice import match
from synths.matching.pitch import pitch_of
from synths.matching.search import Match, Search
from synths.matching.several_voices import best_of

__all__ = ["Distance", "EnvelopeDistance", "Match", "Search", "SpectralDistance", "best_of", "match", "pitch_of"]
