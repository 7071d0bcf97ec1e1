"""No reference has fallen far behind its peer in the standard library: a ratio within one run, never a time."""

from __future__ import annotations

import pytest

from dojo.grading.catalogue import load
from dojo.grading.measuring.bench import Subject, bench
from dojo.grading.measuring.peers import peers_of
from dojo.grading.measuring.stopwatch_process import Source

# About half of what was measured, so that neither a busy machine nor another Python trips it.
LEAST = {"channel": 1.1, "worker_pool": 0.9, "semaphore": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAST)
def test_the_reference_keeps_up(name: str) -> None:
    """On one thread, where nothing is left to chance but the speed of the machine, which hits both."""
    kata = load()[name]
    (peer,) = peers_of(kata).peers
    subjects = [
        Subject("reference", Source(kata.solution.read_text("utf-8"), "reference.py")),
        Subject(peer.name, peer.source),
    ]
    reference, other = bench(kata, subjects, (1,))[1]
    assert not reference.problem and not other.problem
    assert reference.speed_against(other) >= LEAST[name]
