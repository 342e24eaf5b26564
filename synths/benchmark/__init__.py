"""Benchmark of speed and memory: peers do the same work in one run on one machine."""
