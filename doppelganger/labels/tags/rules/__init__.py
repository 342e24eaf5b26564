"""Rules of tags for sounds of any origin, one topic a file; every file here is found and gives `RULES`.

A rule on a fact that a synth does not have is left out for that synth.
"""
