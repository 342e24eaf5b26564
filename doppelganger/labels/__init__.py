"""Labels of sounds: facts, tags, captions and events, from theta and from the waveform."""
