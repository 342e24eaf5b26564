"""Facts that are measured on the waveform of a sound of any origin.

Each file gives `FACTS` and ``measure(frames) -> {name: (batch,)}``, nan where inaudible.
"""
