"""Sounds and pictures that show themselves in a notebook."""

from synths.showing.show import Shown, show
from synths.showing.sound import Picture, Sound

__all__ = ["Picture", "Shown", "Sound", "show"]
