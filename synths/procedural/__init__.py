"""Procedural sound: scenes of events, composed from acoustic primitives."""
