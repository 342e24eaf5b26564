"""Objectives: what an encoder learns, one a file; plain modules that know no trainer."""
