"""A picture and the sheet that it is drawn on: the one place that knows matplotlib, and makes the same SVG every time.

A sheet has the units of a screen: pixels from the upper left corner. Whatever is put on it is kept until the end
and then drawn in one go, so that the settings of matplotlib are ours for that moment only, and nobody else's.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dojo.reports.pictures.svg import HALO, tidied
from dojo.reports.timeline.words import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 700.0  # pixels
# Dark on light whatever the page around it is. They are the colours of the timeline.
PAPER, PANEL, INK, DIM, RULE = "#ffffff", "#eef1f5", "#1b1f24", "#545c66", "#c4cad2"
RUN, BAD, GOOD, STAR, HATCH = "#1d5b99", "#b3141f", "#146c37", "#8f4700", "#8a929c"
LOCK, ON_LOCK, ARROW, HEAD = "#e9dff7", "#4a2a80", "#54606e", "#fde8c8"

Point = tuple[float, float]

_SETTINGS = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "concurrency-dojo",
    "font.family": ["sans-serif"],
    "text.parse_math": False,  # a learner's name may hold a dollar
    "path.simplify": False,
    "lines.scale_dashes": False,
    "hatch.linewidth": 0.8,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing that reads the same everywhere.

    Attributes:
        svg: a whole SVG document, 700 pixels wide, with its own light ground.
        alt: what there is to see, in one to three sentences.
    """

    svg: str
    alt: str


class Sheet:
    """What a picture is drawn on. All sizes are pixels; y grows downwards; what comes later lies above.

    Attributes:
        height: to be set before the picture is made.
    """

    def __init__(self) -> None:
        self.width = WIDTH
        self.height = 0.0
        self._todo: list[Callable[[Axes, int], object]] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        color: str = INK,
        bold: bool = False,
        align: str = "left",
        halo: bool = False,
    ) -> None:
        """Write one line.

        Args:
            x, y: where the letters stand, and where they begin, have their middle or end.
            text: what to write.
            size: of the letters.
            color: of the letters.
            bold: whether they are bold.
            align: left, center or right.
            halo: keep the ground around the letters free of what lies below them.
        """
        flat = " ".join(clean(text).split())
        if flat:
            self._todo.append(
                lambda axes, order: axes.text(
                    x,
                    y,
                    flat,
                    fontsize=size,
                    color=color,
                    fontweight="bold" if bold else "normal",
                    ha=align,
                    va="baseline",
                    zorder=order,
                    gid=HALO if halo else None,
                )
            )

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        edge: str = "none",
        line: float = 1,
        dash: Sequence[float] = (),
        hatch: str = "",
    ) -> None:
        """Draw a box.

        Args:
            x, y, width, height: of the box.
            fill: colour.
            edge: colour of its outline, ``line`` wide and dashed if ``dash`` has lengths, and of the hatch.
            hatch: a pattern of matplotlib's; not one of dots or stars, which take a lot of bytes.
        """
        style = (0.0, tuple(dash)) if dash else "solid"

        def draw(axes: Axes, order: int) -> None:
            from matplotlib.patches import Rectangle

            look: dict[str, Any] = {
                "fc": fill,
                "ec": edge,
                "lw": line,
                "linestyle": style,
                "hatch": hatch or None,
            }
            axes.add_patch(Rectangle((x, y), width, height, clip_on=False, zorder=order, **look))

        self._todo.append(draw)

    def line(
        self, points: Sequence[Point], *, color: str = INK, width: float = 1, dash: Sequence[float] = ()
    ) -> None:
        """Draw a line through points; ``dash`` is lengths of strokes and gaps in turn."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        style = (0.0, tuple(dash)) if dash else "solid"
        self._todo.append(
            lambda axes, order: axes.plot(
                xs, ys, color=color, lw=width, ls=style, clip_on=False, solid_capstyle="butt", zorder=order
            )
        )

    def mark(
        self, points: Sequence[Point], shape: str, *, color: str = INK, size: float = 8, hollow: bool = False
    ) -> None:
        """Put a marker of matplotlib's (``o``, ``x``, ``*``, ``v``, ...) on every point."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        ground = PAPER if hollow else color
        self._todo.append(
            lambda axes, order: axes.plot(
                xs,
                ys,
                shape,
                ms=size,
                mfc=ground,
                mec=color,
                mew=1.6,
                clip_on=False,
                zorder=order,
            )
        )

    def arrow(
        self, start: Point, end: Point, *, color: str = ARROW, width: float = 1.6, dash: Sequence[float] = ()
    ) -> None:
        """Draw an arrow straight up or straight down."""
        down = end[1] > start[1]
        tip = end[1] - 4 if down else end[1] + 4
        self.line([start, (end[0], tip)], color=color, width=width, dash=dash)
        self.mark([(end[0], tip)], "v" if down else "^", color=color, size=6)

    def picture(self, title: str, alt: str) -> Picture:
        """Draw all that was put on the sheet.

        Args:
            title: what the picture is, in a few words.
            alt: what there is to see in it, in one to three sentences.
        """
        from matplotlib import style
        from matplotlib.figure import Figure

        with style.context(["default", _SETTINGS]), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"Glyph \d+")  # the reader's fonts may well have it
            size = (self.width / 72, self.height / 72)
            figure = Figure(figsize=size, dpi=72, facecolor=PAPER)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_xlim(0, self.width)
            axes.set_ylim(self.height, 0)
            axes.axis("off")
            for number, draw in enumerate(self._todo):
                draw(axes, number)
            stream = io.BytesIO()
            figure.savefig(stream, format="svg", metadata=_NO_METADATA)
        title, alt = (" ".join(clean(each).split()) for each in (title, alt))
        return Picture(tidied(stream.getvalue(), self.width, self.height, title, alt), alt)
