"""Captions: sentences from facts."""
