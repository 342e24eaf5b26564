"""The commands of doppelganger-train that are not Lightning's, one a file."""
