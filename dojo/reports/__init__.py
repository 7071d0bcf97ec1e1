"""Reports: a verdict as text for a terminal or as JSON. Values in, text out; they decide nothing."""
