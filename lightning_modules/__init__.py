"""Training: the only place that knows Lightning and W&B."""
