"""Grading: which katas there are, what was handed in, and the judge that runs the hidden properties on it."""
