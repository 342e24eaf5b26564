"""Tags: words for a sound, from rules on its facts."""
