"""Corpora: any number of rendered sounds in tar shards, with a manifest. See `synths render --shards`."""
