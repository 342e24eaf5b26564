"""Training: the only package that imports Lightning and W&B."""
