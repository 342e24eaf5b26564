"""Objectives: what an encoder learns, one a file; plain modules without a trainer."""
