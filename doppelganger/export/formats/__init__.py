"""The forms in which an encoder is exported, one a file."""
