"""Losses: one a file, a plain module of two embeddings without a trainer."""
