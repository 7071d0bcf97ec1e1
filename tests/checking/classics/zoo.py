"""Known bugs that must stay found: for each the promise that it breaks and what a failure must look like.

``buggy/NAME.py`` holds the bug, ``fixed/NAME.py`` its corrected twin, and the function ``test_NAME`` here
the property of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import Property, prop
from dojo.checking.sim import Sim
from dojo.simulator.machine import Machine, Program, compile_program

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Subject:
    """One bug.

    Attributes:
        prop: the property that the bug breaks and its twin keeps.
        kind: what the counterexample must say that happened, exactly.
        workload: the minimum that shrinking must reach.
        preemptions, delays, stalls: what the smallest counterexample must have.
        larger: a workload with more interleavings than anybody could try, for the corrected twin.
    """

    prop: Property
    kind: str
    workload: Mapping[str, Any]
    preemptions: int
    delays: int
    stalls: int = 0
    larger: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.prop.slug

    @property
    def program(self) -> Program:
        """The buggy program."""
        return program("buggy", self.name)

    def machine(self) -> Machine:
        """A machine of its own with the buggy program."""
        return Machine(self.program, watched=(__file__,))

    def fixed_machine(self) -> Machine:
        """A machine of its own with the corrected program."""
        return Machine(program("fixed", self.name), watched=(__file__,))


@cache
def program(directory: str, name: str) -> Program:
    """A program of the zoo; its file name is relative, so that reports do not depend on where we are."""
    text = (HERE / directory / f"{name}.py").read_text("utf-8")
    return compile_program(text, f"{directory}/{name}.py")


@prop(
    "no increment is lost",
    "Every increment counts, whoever else increments.",
    given={"threads": st.integers(1, 4), "increments": st.integers(1, 4)},
)
def test_lost_update(sim: Sim, threads: int, increments: int) -> None:
    counter = sim.kata.Counter()

    def work() -> None:
        for _ in range(increments):
            counter.increment()

    sim.join(*[sim.spawn(work) for _ in range(threads)])
    assert counter.value == threads * increments, (
        f"{counter.value} of {threads * increments} increments counted"
    )


@prop(
    "a value is made once",
    "All callers get the one value that was made for their key.",
    given={"keys": st.lists(st.integers(0, 2), min_size=1, max_size=4)},
)
def test_check_then_act(sim: Sim, keys: list[int]) -> None:
    made: list[int] = []
    cache = sim.kata.Cache(made.append)
    sim.join(*[sim.spawn(cache.get, key) for key in keys])
    assert sorted(made) == sorted(set(keys)), f"values were made for the keys {made}"


@prop(
    "every letter is read",
    "A reader waits until there is a letter, and each letter goes to one reader.",
    given={"readers": st.integers(1, 3)},
)
def test_if_for_while(sim: Sim, readers: int) -> None:
    mailbox = sim.kata.Mailbox()

    def deliver() -> None:
        for letter in range(readers):
            mailbox.put(letter)

    first = sim.spawn(mailbox.get, name="first")
    postman = sim.spawn(deliver, name="postman")
    others = [sim.spawn(mailbox.get, name=f"late-{n}") for n in range(1, readers)]
    postman.result()
    assert sorted(sim.join(first, *others)) == list(range(readers))


@prop(
    "an open gate lets everybody through",
    "Whoever waits when the gate opens goes on, and so does whoever comes later.",
    given={"late": st.integers(0, 3)},
)
def test_notify_for_notify_all(sim: Sim, late: int) -> None:
    gate = sim.kata.Gate()
    first = sim.spawn(gate.wait, name="first")
    opener = sim.spawn(gate.open, name="opener")
    sim.join(first, opener, *[sim.spawn(gate.wait, name=f"late-{n}") for n in range(late)])


@prop(
    "transfers end and lose nothing",
    "Whatever is transferred between whom, all transfers end and the sum stays the same.",
    given={"pairs": st.lists(st.sampled_from([(0, 1), (1, 0)]), min_size=1, max_size=4)},
)
def test_lock_order(sim: Sim, pairs: list[tuple[int, int]]) -> None:
    accounts = [sim.kata.Account(number, 100) for number in range(2)]
    sim.join(
        *[sim.spawn(sim.kata.transfer, accounts[source], accounts[target], 10) for source, target in pairs]
    )
    assert sum(account.balance for account in accounts) == 200


@prop(
    "one probe at a time",
    "When the time is over, one caller may try; the others wait for what comes of it.",
    given={"callers": st.integers(1, 4)},
    stalls=True,
)
def test_half_open(sim: Sim, callers: int) -> None:
    breaker = sim.kata.Breaker(reset_after=5)
    breaker.trip()
    sim.sleep(5)
    allowed = sim.join(*[sim.spawn(breaker.allow) for _ in range(callers)])
    assert sum(allowed) == 1, f"{sum(allowed)} of {callers} callers may probe"


@prop(
    "no permit is lost at a time-out",
    "Served or timed out: a permit is with the caller or in the semaphore.",
    given={"waiters": st.integers(1, 3), "patience": st.integers(1, 3)},
    stalls=True,
)
def test_lost_at_timeout(sim: Sim, waiters: int, patience: int) -> None:
    semaphore = sim.kata.Semaphore(1)
    semaphore.acquire(0)

    def caller() -> None:
        if semaphore.acquire(patience):
            semaphore.release()

    tasks = [sim.spawn(caller) for _ in range(waiters)]
    sim.sleep(2)
    semaphore.release()
    sim.join(*tasks)
    assert semaphore.free == 1, f"all is over, yet {semaphore.free} of 1 permits are free"


@prop(
    "no permit is lost at the deadline",
    "A permit handed over at the very deadline is with the caller or in the semaphore.",
    given={"waiters": st.integers(1, 3), "patience": st.integers(1, 3)},
)
def test_handed_over_at_the_deadline(sim: Sim, waiters: int, patience: int) -> None:
    semaphore = sim.kata.Semaphore(1)
    semaphore.acquire("main", 0)

    def caller(who: int) -> None:
        if semaphore.acquire(who, patience):
            semaphore.release()

    tasks = [sim.spawn(caller, who) for who in range(waiters)]
    sim.sleep(2)
    semaphore.release()
    sim.join(*tasks)
    assert semaphore.free == 1, f"all is over, yet {semaphore.free} of 1 permits are free"


def submit_all(sim: Sim, pool: Any, jobs: int) -> list[int]:
    """Submit jobs until the pool refuses; return those it took."""
    taken = []
    for job in range(jobs):
        try:
            pool.submit(job)
        except sim.kata.Stopped:
            break
        taken.append(job)
    return taken


@prop(
    "an accepted job is done",
    "When submit() has taken a job, it is done, even when stop() is called at that moment.",
    given={"jobs": st.integers(1, 4)},
)
def test_submit_against_stop(sim: Sim, jobs: int) -> None:
    pool = sim.kata.Pool()
    worker = sim.spawn(pool.work, name="worker")
    client = sim.spawn(submit_all, sim, pool, jobs, name="client")
    stopper = sim.spawn(pool.stop, name="stopper")
    taken = client.result()
    sim.join(worker, stopper)
    assert pool.done == taken, f"jobs {taken} were accepted, {pool.done} were done"


@prop(
    "an accepted job is done by the pool's own thread",
    "The pool starts its thread itself; what submit() has taken is done before stop() returns.",
    given={"jobs": st.integers(1, 4)},
)
def test_submit_against_stop_inside(sim: Sim, jobs: int) -> None:
    pool = sim.kata.Pool()
    client = sim.spawn(submit_all, sim, pool, jobs, name="client")
    stopper = sim.spawn(pool.stop, name="stopper")
    taken = client.result()
    stopper.result()
    assert pool.done == taken, f"jobs {taken} were accepted, {pool.done} were done"


@prop(
    "only the leaseholder writes",
    "Once a lease is over and another has it, nothing more is written under the old one.",
    given={"ttl": st.integers(1, 3)},
    stalls=True,
)
def test_lease(sim: Sim, ttl: int) -> None:
    register = sim.kata.Register(ttl)
    leased: list[str] = []

    def owner(who: str) -> None:
        while not register.lease(who):
            sim.sleep(1)
        leased.append(who)
        register.write(who)

    sim.join(*[sim.spawn(owner, who, name=who) for who in ("first", "second")])
    expected = [who for who in leased if who in register.writes]
    assert register.writes == expected, (
        f"leased in the order {leased}, written in the order {register.writes}"
    )


@prop("the loops never meet", "The two loops are never seen in the one state that must not be.")
def test_needle(sim: Sim) -> None:
    loops = sim.kata.Loops()
    sim.join(sim.spawn(loops.run_left), sim.spawn(loops.run_right))
    assert not loops.met, "left was in its turn 2 when right was in its turn 21"


@prop(
    "waiting is not looking at the clock",
    "A thread that pauses leaves the processor to the others.",
    given={"seconds": st.integers(1, 3)},
)
def test_clock_polling(sim: Sim, seconds: int) -> None:
    sim.spawn(sim.kata.pause, seconds).result()
    assert sim.now == seconds, f"a pause of {seconds} s took {sim.now} s"


@prop("both sides get on", "Two who meet both go on.")
def test_livelock(sim: Sim) -> None:
    meeting = sim.kata.Meeting()
    sim.join(sim.spawn(meeting.meet, "left", "right"), sim.spawn(meeting.meet, "right", "left"))


@prop("a countdown ends", "However it is started, a countdown ends.", given={"start": st.integers(0, 9)})
def test_endless_loop(sim: Sim, start: int) -> None:
    sim.kata.Countdown(start).run()


@prop("a flag wakes its reader", "Whoever waits for a flag goes on once it is set.")
def test_sleep_zero_spin(sim: Sim) -> None:
    flag = sim.kata.Flag()
    reader = sim.spawn(flag.wait, name="reader")
    flag.set()
    reader.result()


@prop("stop() leaves no thread behind", "After stop() the heartbeat's thread ends.")
def test_leaked_thread(sim: Sim) -> None:
    sim.kata.Heartbeat().stop()


@prop(
    "the logger writes whatever it gets",
    "A line that is no text does not end the logger.",
    given={"lines": st.lists(st.one_of(st.just("text"), st.just(5)), max_size=3)},
)
def test_thread_exception(sim: Sim, lines: list[object]) -> None:
    logger = sim.kata.Logger()
    for line in lines:
        logger.log(line)
    logger.close()
    assert len(logger.lines) == len(lines)


BROKEN = "broken promise"
LOST_WAKE_UP = "deadlock: a wait that nobody ends (lost wake-up)"
CYCLE = "deadlock: transfer-1 waits for transfer-2 waits for transfer-1"

CLASSICS = (
    Subject(
        test_lost_update.property,
        BROKEN,
        {"threads": 2, "increments": 1},
        preemptions=1,
        delays=1,
        larger={"threads": 3, "increments": 3},
    ),
    Subject(
        test_check_then_act.property,
        BROKEN,
        {"keys": [0, 0]},
        preemptions=1,
        delays=1,
        larger={"keys": [0, 1, 0, 1]},
    ),
    Subject(
        test_if_for_while.property,
        "unexpected exception",
        {"readers": 2},
        preemptions=1,
        delays=1,
        larger={"readers": 3},
    ),
    Subject(
        test_notify_for_notify_all.property,
        LOST_WAKE_UP,
        {"late": 1},
        preemptions=0,
        delays=1,
        larger={"late": 4},
    ),
    Subject(
        test_lock_order.property,
        CYCLE,
        {"pairs": [(0, 1), (1, 0)]},
        preemptions=1,
        delays=1,
        larger={"pairs": [(0, 1), (1, 0), (0, 1), (1, 0)]},
    ),
    Subject(
        test_half_open.property,
        BROKEN,
        {"callers": 2},
        preemptions=1,
        delays=1,
        larger={"callers": 5},
    ),
    Subject(
        test_lost_at_timeout.property,
        BROKEN,
        {"waiters": 1, "patience": 1},
        preemptions=1,
        delays=0,
        stalls=1,
        larger={"waiters": 3, "patience": 2},
    ),
    Subject(
        test_handed_over_at_the_deadline.property,
        BROKEN,
        {"waiters": 1, "patience": 2},
        preemptions=0,
        delays=0,
        larger={"waiters": 3, "patience": 2},
    ),
    Subject(
        test_submit_against_stop.property,
        BROKEN,
        {"jobs": 1},
        preemptions=1,
        delays=1,
        larger={"jobs": 4},
    ),
    Subject(
        test_submit_against_stop_inside.property,
        BROKEN,
        {"jobs": 1},
        preemptions=1,
        delays=1,
        larger={"jobs": 4},
    ),
)
LEASE = Subject(test_lease.property, BROKEN, {"ttl": 1}, preemptions=1, delays=0, stalls=1, larger={"ttl": 1})
NEEDLE = Subject(test_needle.property, BROKEN, {}, preemptions=2, delays=2)
HANGS_AND_CRASHES = (
    Subject(test_clock_polling.property, "polling", {"seconds": 1}, preemptions=0, delays=0),
    Subject(test_livelock.property, "livelock", {}, preemptions=0, delays=0),
    Subject(test_endless_loop.property, "endless loop", {"start": 1}, preemptions=0, delays=0),
    Subject(test_sleep_zero_spin.property, "endless loop", {}, preemptions=0, delays=0),
    Subject(test_leaked_thread.property, "leaked thread", {}, preemptions=1, delays=1),
    Subject(
        test_thread_exception.property,
        "unexpected exception in writer",
        {"lines": [5]},
        preemptions=0,
        delays=0,
    ),
)
FOUND_BY_CHECK = (*CLASSICS, LEASE, *HANGS_AND_CRASHES)
SUBJECTS = (*FOUND_BY_CHECK, NEEDLE)
