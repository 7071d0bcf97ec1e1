"""Deterministic threads in virtual time; knows nothing of katas or grading."""
