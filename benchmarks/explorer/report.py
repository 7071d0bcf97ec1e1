"""What the tables of these benchmarks have in common: the machine, the versions, distributions, Markdown."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def versions(*packages: str) -> str:
    """The interpreter and some packages, with their versions."""
    found = [f"{name} {version(name)}" for name in packages]
    return ", ".join([f"{platform.python_implementation()} {platform.python_version()}", *found])


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Median, p90, p99 and the largest."""
    return quantile(values, 0.5), quantile(values, 0.9), quantile(values, 0.99), max(values)


def geometric(values: Sequence[float]) -> float:
    """The geometric mean: the one that fits ratios."""
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table as lines: the first column to the left, the others to the right."""
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "--:|" * (len(columns) - 1)]
    return [*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]


def publish(name: str, lines: Iterable[str]) -> None:
    """Print a report and write it beside these modules."""
    text = "\n".join(lines) + "\n"
    print(text)
    (HERE / name).write_text(text, "utf-8")
