"""A class made up from solutions, stubs and mutants, and how fast and how surely it is graded."""
