"""Draws throughput against the number of threads, as a PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence

from dojo.grading.measuring.bench import Bench

MARKER = "concurrency dojo, bench"  # in the file, so that it is known again
_STROKES = (("o", "-"), ("s", "--"), ("^", ":"), ("D", "-."), ("v", "--"), ("x", ":"))
_COLOURS = ("#b3141f", "#1d5b99", "#146c37", "#8f4700", "#4a2a80", "#54606e")
_SMALLEST, _LARGEST = 0.8, 1.25  # of the axis, beyond what was measured


def throughput(kata: str, names: Sequence[str], found: Bench) -> bytes:
    """Draw it.

    Args:
        kata: its name.
        names: of the subjects, one's own first.
        found: what was measured.

    Raises:
        ImportError: matplotlib is not installed.
    """
    from matplotlib import style
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    from dojo.reports.bench import rate

    with style.context(["default", {"text.parse_math": False}]):
        figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
        axes = figure.add_subplot()
        crowds = list(found)
        values: list[float] = []
        for place, name in enumerate(names):
            points = [(crowd, cells[place].rate) for crowd, cells in found.items() if cells[place].rate]
            if not points:
                continue
            marker, stroke = _STROKES[place % len(_STROKES)]
            axes.plot(
                [crowd for crowd, _ in points],
                [value for _, value in points],
                marker=marker,
                linestyle=stroke,
                linewidth=2.4 if place == 0 else 1.6,
                color=_COLOURS[place % len(_COLOURS)],
                label=name,
            )
            values += [value for _, value in points]
        # Both scales are logarithmic: peers are often ten times apart, and threads are doubled.
        axes.set_xscale("log", base=2)
        axes.set_xticks(crowds, [str(crowd) for crowd in crowds])
        if values:
            axes.set_yscale("log")
            axes.set_ylim(min(values) * _SMALLEST, max(values) * _LARGEST)
            steps = [
                digit * 10**power
                for power in range(10)
                for digit in (1, 2, 5)
                if min(values) * _SMALLEST <= digit * 10**power <= max(values) * _LARGEST
            ]
            axes.set_yticks(steps)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rate(value)))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.legend()
        axes.set_xlabel("threads")
        axes.set_ylabel("operations/s")
        axes.set_title(f"{kata}: throughput against threads")
        axes.grid(alpha=0.4)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", metadata={"Software": MARKER})
    return stream.getvalue()
