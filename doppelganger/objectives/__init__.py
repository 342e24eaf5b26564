"""Objectives: one loss a file, a plain module of two tensors that knows no trainer."""
