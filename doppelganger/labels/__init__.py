"""Labels: what we know of a sound because we chose its numbers."""
