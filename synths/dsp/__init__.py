"""Signal processing: pure functions in physical units, without state."""
