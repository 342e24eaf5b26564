"""Sweeps over keys of a config, from the files that W&B reads, without an account."""
