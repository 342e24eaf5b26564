"""Augmentations of spectrograms, one a file."""
