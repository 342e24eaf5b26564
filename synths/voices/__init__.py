"""Voices: one instrument per file. A new file here is found without registration."""
