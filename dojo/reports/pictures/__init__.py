"""Pictures of runs: drawings with a text alternative, for notebooks and for the command line."""
