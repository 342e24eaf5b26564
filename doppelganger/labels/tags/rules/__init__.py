"""Rules of tags that hold whoever made the sound, one idea a file, found by themselves.

A file gives `RULES`. A rule on a fact that a synth does not know is left out for that synth.
"""
