"""One cell of the table, in a process of its own: `python -m benchmarks.explorer.cell TOOL SUBJECT RATE|FIRST ...`."""
