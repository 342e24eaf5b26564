"""The command line doppelganger-train: Lightning's subcommands and their parser, help, completion and errors."""
