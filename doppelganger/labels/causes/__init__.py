"""Causes: facts that follow from theta. One file for each synth, with its name on the command line, and `CAUSES`."""
