"""Tags from other people's captions: taggers and the Unified Tag System."""
