"""How fast and how large: peers given the same work, in one run, on one machine."""
