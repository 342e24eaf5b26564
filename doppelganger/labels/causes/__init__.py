"""What a synth knows of its sounds beyond what is measured: one file a synth, named as the command line names it.

A file gives

- `SOURCES`: name -> nouns of captions, of what may sound;
- `FACTS`: of which `known` gives any, from `labels.known` or its own; it may also correct what was measured;
- ``known(synth, physical, measured) -> {name: (batch,)}``, nan where it cannot be measured, given physical values
  (batch, n_parameters) and what was measured (`measurements.Measurements`); "source" counts `SOURCES`;
- `RULES` for its own facts, if it has any (and `PHRASES` for captions, see `grammar`);
- `CLAUSES`: name -> what a source does in a scene, for captions;
- for a scene `levels_db` and `ORDERED`, and `known` is given the planned events, too: see `scenes`.
"""
