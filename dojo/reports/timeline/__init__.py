"""A run as one HTML file: lanes, source and values, to be stepped through; ``page.timeline`` makes it."""
