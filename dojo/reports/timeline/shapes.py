"""The parts of a drawing, as values: no element of SVG yet. All sizes are user units: pixels on a screen."""

from __future__ import annotations

from dataclasses import dataclass, field

TOP = 26  # the clock
LABEL = 15  # a row of labels over the bar of a lane
BAR = 22
LOCK = 13
PADDING = 10
CHARACTER = 6.3  # of the small type that the drawing uses


@dataclass(frozen=True, slots=True)
class Cell:
    """One beat."""

    beat: int  # index
    kind: str
    x: float
    width: float
    y: float
    text: str
    label: str
    label_y: float
    glance: bool  # whether the label tells of something stale or missed
    ours: bool  # a line of the submission
    title: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a lane: a thread that does not run, or a lock that is held."""

    kind: str
    x: float
    width: float
    y: float
    text: str
    title: str
    texts: tuple[str, ...] = ()  # what the text may be, from long to short


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one lane to another: a start, a wake-up, or just who runs next."""

    kind: str
    x: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of one virtual time."""

    x: float
    width: float
    text: str


@dataclass(slots=True)
class Drawing:
    """All parts, and the size."""

    threads: list[str]
    bars: dict[str, float] = field(default_factory=dict)  # the upper edge of the bar in each lane
    cells: list[Cell] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    locks: list[Span] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    width: float = 0
    height: float = 0
    end: float = 0  # where the last beat ends and the verdict begins
