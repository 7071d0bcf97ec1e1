"""Reference solutions: the code to compare your own with once a kata passes."""
