"""Primitives: what can happen in a soundscape; each a module from knobs and a noise key to a sound."""
