"""Patterns: synths of pictures in place of log-mel spectrograms; one family per file."""
