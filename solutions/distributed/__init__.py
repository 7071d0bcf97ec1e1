"""Reference solutions of the distributed katas."""
