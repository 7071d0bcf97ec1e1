"""A bench fits on the page, says what was better, and names what was not there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from dojo.grading.catalogue import load
from dojo.grading.measuring.bench import Bench, Cell
from dojo.grading.measuring.pace import Figure
from dojo.grading.measuring.peers import Peers, peers_of
from dojo.reports.bench import benched, rate, span
from dojo.reports.page import Page, plain
from dojo.reports.pictures.throughput import MARKER, throughput

PEERS = peers_of(load()["token_bucket"])
NAMES = ("yours", "reference", "threading.Semaphore")
STUCK = Cell(problem=Figure(problem="did not end in 10 s", detail="stuck at katas/x.py:7"))
FOUND: Bench = {
    1: (Cell((100e3,), (2000.0,)), Cell((200e3,), (1000.0,)), Cell((50e3,), (4000.0,))),
    2: (Cell((110e3,), (2e6,)), Cell((2.2e6,), (1000.0,)), STUCK),
    4: (Cell((90e3,), (500.0,)), Cell((200e3,), (1000.0,)), STUCK),
    8: (Cell((80e3,), (2000.0,)), Cell((200e3,), (1000.0,)), STUCK),
}


def report(columns: int = 80, solved: bool = True, peers: Peers = PEERS, found: Bench = FOUND) -> str:
    return plain(benched(NAMES, found, peers, solved, Page(columns)))


def test_figures_and_ratios() -> None:
    """Three digits; above 1 is better for one's own code in both tables."""
    operations, tails, _ = report().split("\n\n")[:3]
    rows = {line.split()[0]: line.split()[1:] for line in operations.splitlines() if line.strip()}
    assert rows["yours"] == ["100k", "110k", "90.0k", "80.0k"]
    assert rows["reference"][:4] == ["200k", "0.50x", "2.20M", "0.05x"]
    assert rows["Semaphore"] == ["50.0k", "2.00x", "failed", "failed", "failed"]
    assert "1.00 us  0.50x" in tails and "2.00 ms" in tails and "500 ns" in tails


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    """The longest fills the room, one that failed has none."""
    bars = [line for line in report().splitlines() if "#" in line]
    longest = max(bars, key=len)
    assert "reference" in longest and longest.endswith(" 2.20M") and len(longest) <= 80
    lengths = [line.count("#") for line in bars]
    assert lengths[0] == pytest.approx(lengths[1] / 2, abs=1)
    assert sum("failed" in line and "#" not in line for line in report().splitlines()) >= 3


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_it_fits(columns: int) -> None:
    """In any width nothing is lost."""
    text = report(columns)
    assert all(cell_len(line) <= columns for line in text.splitlines())
    for each in ("2.20M", "0.05x", "failed", "8 threads", "500 ns"):
        assert each in text
    assert "did not end in 10 s: stuck at katas/x.py:7" in " ".join(text.split())


def test_what_is_not_installed_is_named() -> None:
    """With the command that brings it; what is there is not."""
    absent = [replace(peer, package="no-such-package-anywhere") for peer in PEERS.peers]
    text = " ".join(report(peers=replace(PEERS, peers=tuple(absent))).split())
    assert (
        "not installed: no-such-package-anywhere with them: uv run --group benchmarks grader.py bench" in text
    )
    present = [replace(peer, package="") for peer in PEERS.peers]
    assert "not installed" not in report(peers=replace(PEERS, peers=tuple(present)))


def test_what_peers_leave_out() -> None:
    """It stands beside their figures, as does what the figures are worth."""
    text = " ".join(report(solved=False).split())
    assert "token-bucket: without fifo, timeout, ctx, exact: no lock" in text
    assert "no peer: none that we know." in " ".join(report(peers=peers_of(load()["error_helpers"])).split())
    assert "none of them is part of any verdict" in text and "says little" in text
    assert "says little" not in report()


def test_three_digits() -> None:
    """In the unit that fits."""
    assert [rate(each) for each in (999.4, 1000, 12_345, 999_600, 1.234e6)] == [
        "999",
        "1.00k",
        "12.3k",
        "1,000k",
        "1.23M",
    ]
    assert [span(each) for each in (999, 1000, 99_960, 1.5e6, 2e9)] == [
        "999 ns",
        "1.00 us",
        "100 us",
        "1.50 ms",
        "2.00 s",
    ]


def test_the_picture() -> None:
    """A PNG that is known again; also where something failed, or everything."""
    for found in (FOUND, {1: (STUCK, STUCK, STUCK)}):
        content = throughput("token_bucket", NAMES, found)
        assert content.startswith(b"\x89PNG") and MARKER.encode() in content[:400]
