"""Studies: trainings with one thing changed, what was measured, and where it is kept."""
