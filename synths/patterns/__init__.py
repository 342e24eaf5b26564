"""Patterns: synths of pictures, which stand where a log-mel spectrogram would; one family a file."""
