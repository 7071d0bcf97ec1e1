"""`python -m benchmarks.explorer.peers`: measure, print the tables, write them to results.md."""

from __future__ import annotations

from pathlib import Path

from benchmarks.explorer.peers import memory, sweep, table

COMMAND = "uv run --python 3.13 --group benchmarks python -m benchmarks.explorer.peers"


def main() -> None:
    """Measure everything and report it."""
    report = table.render(sweep.sweep(), memory.measure(), COMMAND)
    Path(__file__).with_name("results.md").write_text(report, "utf-8")
    print(report)


if __name__ == "__main__":
    main()
