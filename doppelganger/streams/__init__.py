"""Streams: what a training batch is made of."""
