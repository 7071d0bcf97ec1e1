"""Whole classes: whose files are where, grading them all, and what they have in common."""
