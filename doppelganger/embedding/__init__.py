"""Embeddings of audio files: reading, cutting into windows, embedding, writing a table."""
