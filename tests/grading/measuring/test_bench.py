"""Subjects take turns; each cell has its rounds, or what kept it from being measured."""

from __future__ import annotations

import pytest

from dojo.grading.catalogue import load
from dojo.grading.measuring.bench import Cell, Subject, bench
from dojo.grading.measuring.pace import Figure, Pacer, take_turns
from dojo.grading.measuring.peers import Peer, peers_of
from dojo.grading.measuring.stopwatch_process import Failed, Source

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
(PEER,) = peers_of(KATA).peers


class Clockwork:
    """Stands in for a process: every operation takes a microsecond, and what was asked for is kept."""

    def __init__(self, log: list[str], name: str, fails_at: int = 10**9) -> None:
        self.log, self.name, self.fails_at = log, name, fails_at

    def ask(self, *, threads: int, operations: int, calls: bool = False) -> dict[str, object]:
        if operations >= self.fails_at:
            raise Failed("crashed", "at mine.py:7")
        self.log.append(self.name)
        return {"seconds": operations / 1e6, "operations": operations, "tail": 1000.0}


def test_they_take_turns() -> None:
    """A B A B: what slows down the machine for a while slows down both."""
    log: list[str] = []
    pacers = [Pacer(Clockwork(log, name), 1, 0.05) for name in "ab"]  # type: ignore[arg-type]
    take_turns([pacers[0], None, pacers[1]], 1)
    log.clear()
    told: list[str] = []
    take_turns([pacers[0], None, pacers[1]], 3, on_round=told.append)
    assert log == ["a", "b"] * 3 and told[0] == "round 1 of 3"
    assert pacers[0].rates == [pytest.approx(1e6)] * 4 and pacers[0].best.value == pytest.approx(1e6)


def test_what_fails_is_not_asked_again() -> None:
    """Neither for its throughput nor for its calls, and the others go on."""
    log: list[str] = []
    bad, good = (
        Pacer(Clockwork(log, name, at), 1, 0.05)  # type: ignore[arg-type]
        for name, at in (("bad", 100), ("good", 10**9))
    )
    take_turns([bad, good], 2)
    log.clear()
    take_turns([bad, good], 2, Pacer.time_calls)
    assert "bad" not in log and len(good.tails) == 2
    assert bad.best == Figure(problem="crashed", detail="at mine.py:7") and not bad.tails


def test_ratios_are_those_of_rounds() -> None:
    """The median of the rounds' ratios, above 1 for what is better: a slow moment hits both and cancels out."""
    own = Cell((100.0, 10.0, 120.0), (30.0, 300.0, 10.0))
    other = Cell((50.0, 5.0, 40.0), (60.0, 900.0, 20.0))
    assert own.speed_against(other) == 2.0 and own.rate == 100.0
    assert own.tail_against(other) == 2.0 and own.tail == 30.0
    failed = Cell((1.0,), (1.0,), Figure(problem="crashed"))
    assert failed.rate == failed.tail == own.speed_against(failed) == failed.tail_against(own) == 0.0


def test_everybody_is_measured() -> None:
    """Also a peer, which is nothing but another source; what hangs costs its own cells alone."""
    hanging = SOLUTION.replace(
        "            if self._take(weight):\n                return\n", "            sum(iter(int, 1))\n"
    )
    assert hanging != SOLUTION
    subjects = [
        Subject("yours", Source(hanging, "mine.py")),
        Subject("reference", Source(SOLUTION, "reference.py")),
        Subject(PEER.name, PEER.source),
    ]
    told: list[str] = []
    found = bench(KATA, subjects, (1, 2), rounds=1, seconds=0.01, limit=2.0, on_news=told.append)
    assert list(found) == [1, 2]
    for mine, reference, peer in found.values():
        assert (
            mine.problem
            and mine.problem.problem == "did not end in 2 s"
            and "mine.py:" in mine.problem.detail
        )
        assert reference.rate > 0 and reference.tail > 0 and peer.rate > 0 and peer.tail > 0
    assert told == [
        f"{what}, {crowd} (round 1 of 1)"
        for crowd in ("1 thread", "2 threads")
        for what in ("throughput", "single calls")
    ]


def test_a_peer_that_is_not_installed() -> None:
    """Is known, without a version; the standard library always is."""
    assert PEER.version == ""
    assert Peer("x", "no-such-package-anywhere", PEER.adapter, (), "").version is None
    assert Peer("x", "pytest", PEER.adapter, (), "").version
