"""Primitives: kinds of event in a soundscape, each a module that takes a noise key and returns audio."""
