"""What the signs in swim-lanes mean: text and a small sample of each."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dojo.reports.pictures.picture import BAD, HATCH, HEAD, LOCK, ON_LOCK, PAPER, RUN, STAR, Sheet

HATCHES = {"waits": "////", "sleeps": "---", "stands-still": "xxx"}


def signs(sheet: Sheet, used: Collection[str]) -> list[tuple[str, Callable[[float, float], None]]]:
    """The entries of the key for the signs that a picture uses."""

    def box(fill: str, edge: str, hatch: str = "") -> Callable[[float, float], None]:
        return lambda x, y: sheet.rect(x - 11, y - 6, 22, 12, fill=fill, edge=edge, hatch=hatch)

    def star(x: float, y: float) -> None:
        sheet.rect(x - 9, y - 7, 18, 14, fill=HEAD, edge=STAR)
        sheet.mark([(x, y)], "*", color=STAR, size=10)

    def arrow(dash: tuple[float, ...]) -> Callable[[float, float], None]:
        return lambda x, y: sheet.arrow((x, y - 9), (x, y + 7), dash=dash)

    every: dict[str, tuple[str, Callable[[float, float], None]]] = {
        "ours": ("runs a line", box(RUN, RUN)),
        "theirs": ("runs a line of the test", box(PAPER, RUN)),
        "stroke": ("runs, which takes no time", lambda x, y: sheet.rect(x - 1.5, y - 8, 3, 16, fill=RUN)),
        "often": ("runs again and again", box(RUN, RUN)),
        "ready": ("could run", lambda x, y: sheet.line([(x - 11, y), (x + 11, y)], color=RUN, width=1.5)),
        "runs": ("runs on", lambda x, y: sheet.line([(x - 11, y), (x + 11, y)], color=RUN, width=5)),
        "waits": ("waits", box(PAPER, HATCH, HATCHES["waits"])),
        "sleeps": ("sleeps", box(PAPER, HATCH, HATCHES["sleeps"])),
        "stands-still": ("stands still", box(PAPER, STAR, HATCHES["stands-still"])),
        "lock": ("holds a lock", box(LOCK, ON_LOCK)),
        "preempt": ("interrupted by the scheduler", star),
        "stall": ("made to stand still by the scheduler", star),
        "start": ("starts a thread", arrow(())),
        "wake": ("wakes a thread", arrow((4.0, 2.0))),
        "end": ("ends", lambda x, y: sheet.line([(x, y - 8), (x, y + 8)], width=3)),
        "stuck": ("has not ended", lambda x, y: sheet.mark([(x, y)], "X", color=BAD, size=10)),
    }
    return [entry for sign, entry in every.items() if sign in used]
