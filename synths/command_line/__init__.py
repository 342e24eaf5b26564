"""What all command lines share: their parser, errors, progress, completion and settings of the process."""
