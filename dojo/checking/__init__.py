"""What counts as a fault: properties, exploration of schedules, shrinking, races, linearizability, verdicts."""

BUDGET = 400
"""Schedules to explore for each property, unless told otherwise."""
