"""Facts that are measured on the waveform: what anybody hears, whoever made the sound.

A descriptor is a module with `FACTS` and ``measure(frames) -> {name: (batch,)}``, nan where there is nothing to hear.
"""
