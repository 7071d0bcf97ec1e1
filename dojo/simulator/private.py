"""The stdlib modules that run inside the simulation; all others are the real ones."""

# Run from their source inside the simulation, in an order that satisfies their imports.
PRIVATE = frozenset(
    {
        "threading",
        "_threading_local",
        "queue",
        "random",
        "sched",
        "concurrent",
        "concurrent.futures",
        "concurrent.futures._base",
        "concurrent.futures.thread",
        "dataclasses",  # for its speed alone: see _exec
    }
)
