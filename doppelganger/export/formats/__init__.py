"""File formats in which an encoder is exported, one a file."""
