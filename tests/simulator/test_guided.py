"""Guided runs stop where a person would, follow what is chosen, and can be repeated from their schedules."""

from __future__ import annotations

import random

import pytest

from dojo.simulator.schedule import Schedule
from dojo.simulator.spots import ACQUIRE, BEGIN, BETWEEN, INSIDE, LINE, WOKEN
from dojo.simulator.strategies import Choice, Crossing, Followed, Guided, RandomWalk, Replay
from dojo.simulator.trace import render
from tests.simulator.programs import Program

FILES = ("program.py",)
COUNTER = """
    import threading
    import time

    class Counter:
        def __init__(self):
            self.value = 0
            self.lock = threading.Lock()

        def add(self):
            before = self.value
            self.value += 1

        def add_locked(self):
            with self.lock:
                self.value += 1

        def add_all(self):
            for number in [self.value for _ in range(3)]:
                self.value += number

        def add_late(self):
            self.add_locked()
            time.sleep(1)
            self.add_locked()

    def main(name="add", jobs=2):
        counter = Counter()
        threads = [threading.Thread(target=getattr(counter, name)) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counter.value in (jobs, 2 * jobs), counter.value

    def locked():
        main("add_locked", 3)

    def late():
        main("add_late", 2)

    def left():
        main_thread = threading.Thread(target=Counter().add_late)
        main_thread.start()
        threading.Thread(target=Counter().add_late).start()

    def expiring():
        lock = threading.Lock()
        def hold():
            with lock:
                time.sleep(2)
        def take():
            lock.acquire(timeout=1)
        def nap():
            time.sleep(1)
        for work in (hold, take, nap):
            threading.Thread(target=work).start()
        time.sleep(3)

    def rounds():
        counter = Counter()
        threads = [threading.Thread(target=counter.add_all) for _ in range(2)]
        for thread in threads:
            thread.start()
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return Program(COUNTER)


def guided(program: Program, *choices: Choice, **options) -> Guided:
    """A strategy that takes these choices."""
    return Guided(choices, program.machine.program, FILES, **options)


def crossing(program: Program, *choices: Choice, main: str = "main", **options) -> Crossing | None:
    """Where a run stands after these choices."""
    strategy = guided(program, *choices, **options)
    program.run(strategy, main)
    return strategy.crossing


def line_of(text: str) -> int:
    """The number of the line with this text."""
    (number,) = [n for n, each in enumerate(COUNTER.splitlines(), 1) if each.strip() == text]
    return number


GO = Choice()
OTHER = Choice(1)


def test_stops_at_new_lines_and_between_read_and_write(program: Program) -> None:
    """A worker is stopped before each of its lines, and once more in the middle of ``+=``."""
    seen = []
    choices: list[Choice] = []
    while (at := crossing(program, *choices)) is not None:
        first = at.spots[0]
        if first.thread == 2:
            seen.append((first.line, first.within))
        choices.append(GO)
    first = line_of("before = self.value")
    assert seen == [(0, BEGIN), (first, LINE), (first + 1, LINE), (first + 1, BETWEEN)]
    assert program.run(guided(program, *choices)).outcome.ok


def test_a_lost_update_takes_one_choice(program: Program) -> None:
    """Leaving a worker between read and write loses what the other one adds."""
    choices: list[Choice] = []
    while crossing(program, *choices).spots[0].within != BETWEEN:
        choices.append(GO)
    run = program.run(guided(program, *choices, OTHER))
    assert not run.outcome.ok
    assert str(run.outcome.exception) == "1"
    assert len(run.schedule) == 1
    assert not program.run(Replay(run.schedule)).outcome.ok


def test_a_line_with_a_lock_is_one_stop(program: Program) -> None:
    """``with self.lock:`` stops before the attribute is read and not again before the lock is acquired."""
    seen = []
    choices: list[Choice] = []
    while (at := crossing(program, *choices, main="locked")) is not None:
        if at.spots[0].thread == 2:
            seen.append((at.spots[0].line, at.spots[0].within))
        choices.append(GO)
    lock = line_of("with self.lock:")
    assert seen == [(0, BEGIN), (lock, LINE), (lock + 1, LINE), (lock + 1, BETWEEN)]


def test_until_blocked_goes_on_to_the_next_turn(program: Program) -> None:
    """Only crossings in the middle of a turn are passed over, and they count."""
    strategy = guided(program, until_blocked=True)
    program.run(strategy, "locked")
    assert strategy.crossing is not None
    assert not strategy.crossing.running
    assert strategy.passed > 0
    again = guided(program, *[GO] * strategy.passed)
    program.run(again, "locked")
    assert (again.crossing, again.passed) == (strategy.crossing, strategy.passed)


def test_until_blocked_stops_for_another_thread(program: Program) -> None:
    """Also where one goes on without a choice, because it has stood still and nobody else may go before it."""
    for seed in range(40):
        rng = random.Random(seed)
        choices = [
            Choice(0, 10**9) if rng.random() < 0.3 else Choice(rng.randrange(2))
            for _ in range(rng.randrange(1, 25))
        ]
        last = crossing(program, *choices[:-1], main="late", stalls=True)
        if last is None or crossing(program, *choices, main="late", stalls=True) is None:
            continue
        turn = last.spots[min(choices[-1].delays, len(last.spots) - 1)].thread
        steps = list(choices)
        while (at := crossing(program, *steps, main="late", stalls=True)) is not None:
            if not at.running or at.spots[0].thread != turn:
                break
            steps.append(GO)
        strategy = guided(program, *choices, stalls=True, until_blocked=True)
        program.run(strategy, "late")
        assert (strategy.crossing, strategy.passed) == (at, len(steps)), seed


def test_the_moment_after_a_timeout_is_a_stop(program: Program) -> None:
    """The wait is over, but the code does not know it yet: the place where wake-ups get lost."""
    seen = []
    choices: list[Choice] = []
    while (at := crossing(program, *choices, main="expiring")) is not None:
        if at.spots[0].within == WOKEN and at.spots[0].thread == 3:
            seen.append(at.running)
        choices.append(GO)
    assert seen == [False, True]


def test_rounds_of_a_loop_are_stops_but_not_those_of_a_comprehension(program: Program) -> None:
    """A comprehension is a part of its line."""
    seen = []
    choices: list[Choice] = []
    while (at := crossing(program, *choices, main="rounds")) is not None:
        if at.spots[0].thread == 2:
            seen.append((at.spots[0].line, at.spots[0].within))
        choices.append(GO)
    loop = line_of("for number in [self.value for _ in range(3)]:")
    update = [(loop + 1, LINE), (loop + 1, BETWEEN), (loop, LINE)]
    assert seen == [(0, BEGIN), (loop, LINE), (loop, LINE), *update, *update[:2], (loop, LINE), *update[:2]]


def test_time_stands_still_once_main_has_returned(program: Program) -> None:
    """A thread that is left over then cannot be made to stand: it would go on at once."""
    stops = []
    choices: list[Choice] = []
    while (at := crossing(program, *choices, main="left", stalls=True)) is not None:
        stops.append(at)
        choices.append(GO)
    assert not any(at.may_stall for at in stops if at.spots[0].thread != 1)
    assert any(at.may_stall for at in stops if at.spots[0].thread == 1)


def test_time_passes_only_where_it_may(program: Program) -> None:
    """While somebody sleeps a lone thread may be made to stand, but only if stalls are allowed."""

    def lone(**options) -> list[Crossing]:
        found, choices = [], []
        while (at := crossing(program, *choices, main="late", **options)) is not None:
            found += [at] if len(at.spots) == 1 else []
            choices.append(GO)
        return found

    assert not lone()
    stops = lone(stalls=True)
    assert stops
    assert all(at.may_stall and at.deadline == 10**9 for at in stops)


def test_a_stall_lets_the_clock_move(program: Program) -> None:
    """Whoever stands is there again when its time has come, and cannot be passed over then."""
    choices = [GO]
    while (at := crossing(program, *choices, main="late", stalls=True)).deadline is None:
        choices.append(GO)
    standing = at.spots[0]
    choices.append(Choice(0, at.deadline - at.now))
    while standing not in (at := crossing(program, *choices, main="late", stalls=True)).spots:
        choices.append(GO)
    assert at.now == 10**9
    assert at.spots[-1] == standing
    assert not crossing(program, *choices, main="late", stalls=True).may_stall or at.spots[0] != standing


@pytest.mark.parametrize("main", ["main", "locked", "late"])
def test_every_play_can_be_repeated(program: Program, main: str) -> None:
    """Whatever is chosen, the schedule of the run gives the same trace again."""
    for seed in range(60):
        rng = random.Random(seed)
        choices = [
            Choice(0, rng.choice((1, 10**9, 2 * 10**9))) if rng.random() < 0.2 else Choice(rng.randrange(3))
            for _ in range(60)
        ]
        run = program.run(guided(program, *choices, stalls=True), main, record=True)
        again = program.run(Replay(run.schedule), main, record=True)
        assert render(run.events, {}) == render(again.events, {}), (seed, run.schedule)


def test_known_positions_are_stops(program: Program) -> None:
    """A position that matters is a crossing, even in the middle of a line."""
    plain = crossing(program, *[GO] * 4).spots[0]
    also = {(2, step) for step in range(1, 20)}
    stops, choices = [], []
    while (at := crossing(program, *choices, also=also)) is not None:
        stops.append(at.spots[0])
        choices.append(GO)
    assert plain in stops
    assert len(choices) > 5
    assert {spot.within for spot in stops} <= {LINE, BETWEEN, INSIDE, ACQUIRE, WOKEN, BEGIN, "end"}
    assert any(spot.within == "end" for spot in stops)


def test_following_tells_where_a_schedule_leaves_the_default_order(program: Program) -> None:
    """Each turn has its crossing and its choice, and taking these choices fails in the same way."""
    for seed in range(100):
        run = program.run(RandomWalk(seed))
        if not run.outcome.ok:
            break
    followed = Followed(run.schedule, program.machine.program, FILES)
    again = program.run(followed)
    assert again.schedule == run.schedule
    assert sum(choice.delays for _, choice in followed.turns) == len(run.schedule.delays)
    assert all(at.spots[0].thread for at, _ in followed.turns)


def test_following_tells_of_a_stall(program: Program) -> None:
    """A stall has the thread that stands in front."""
    schedule = Schedule.of(stalls=[(2, 4, 5)])
    followed = Followed(schedule, program.machine.program, FILES)
    program.run(followed)
    ((at, choice),) = followed.turns
    assert (at.spots[0].thread, at.spots[0].step) == (2, 4)
    assert choice == Choice(0, 5)
