"""Pure functions in physical units: no knobs, no state."""
