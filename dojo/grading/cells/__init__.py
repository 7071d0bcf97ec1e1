"""Cells of notebooks, run in the simulator."""
