"""Tags: words for a sound, by rules on its facts."""
