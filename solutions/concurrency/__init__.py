"""Reference solutions of the concurrency katas."""
