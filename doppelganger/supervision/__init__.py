"""Objectives that learn from labels: one a file, each an encoder and what is asked of it."""
