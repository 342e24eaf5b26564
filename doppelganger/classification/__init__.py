"""Classify sounds with a linear classifier on the embedding of a frozen encoder."""
