"""Losses: one a file, a plain module of two embeddings that knows no trainer."""
