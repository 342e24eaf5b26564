"""Voices: one instrument a file. A new file here is found by itself."""
