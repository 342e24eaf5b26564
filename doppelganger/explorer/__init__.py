"""A local page to turn the parameters of synths and to see and play sounds and their doppelgängers."""
