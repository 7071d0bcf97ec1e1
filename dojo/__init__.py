"""The engine: deterministic threads (simulator), what counts as a fault (checking), grading, reports, commands."""

ENGINE_VERSION = 2
"""Raised whenever a change makes the same schedule lead to another run; a replay token carries it."""
