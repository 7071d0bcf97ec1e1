"""One property played by hand: every choice is a fresh run that follows the choices so far."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from dojo.checking import BUDGET
from dojo.checking.check import check, execute, replay_verdict, trace_digest
from dojo.checking.explore import stall_lengths
from dojo.checking.first import first_workload
from dojo.checking.property import Property
from dojo.checking.story import steps_of
from dojo.checking.token import Token, decode, make_token
from dojo.checking.turn import Departure, End, Opening, Option, Turn
from dojo.checking.verdict import Status, Verdict
from dojo.simulator.machine import Machine, Run
from dojo.simulator.spots import Spot
from dojo.simulator.strategies import Choice, Crossing, Followed, Guided

Progress = Callable[[int], None]


class Game:
    """A property, a workload for it, and the violation that is known for that.

    Without a violation on record that still happens the explorer looks for one.

    Args:
        prop: the property.
        machine: holds the program.
        token: of the failure on record; None if there is none.
        progress: told the number of runs that the explorer has begun, before each.
    """

    def __init__(
        self, prop: Property, machine: Machine, token: Token | None = None, progress: Progress | None = None
    ) -> None:
        self._prop, self._machine = prop, machine
        self._files = (machine.program.filename, prop.body.__code__.co_filename)
        self._lines = machine.program.source.splitlines()
        self._digest = machine.program.digest.hex()[:8]
        self._known: Verdict | None = None
        self._way: tuple[Departure, ...] = ()
        self._also: frozenset[tuple[int, int]] = frozenset()
        self._schedules = 0
        self._note = ""
        if token is not None:
            _, verdict = replay_verdict(prop, machine, token.workload, token.schedule)
            if verdict.status is Status.FAIL:
                self._know(verdict, token)
            else:
                self._note = "the failure on record does not happen any more"
        if self._known is None:
            found = check(prop, machine, budget=BUDGET, progress=progress)
            self._schedules = found.schedules
            if found.counterexample is not None:
                self._know(found, decode(found.counterexample.token))
            elif token is None:
                self._workload = first_workload(prop)
            else:
                self._workload = token.workload

    def _know(self, verdict: Verdict, token: Token) -> None:
        self._known, self._workload = verdict, token.workload
        schedule = token.schedule
        self._also = frozenset([*schedule.delays, *((each.thread, each.step) for each in schedule.stalls)])
        followed = Followed(schedule, self._machine.program, self._files)
        run = execute(self._prop, self._machine, self._workload, followed)
        self._way = tuple(self._departure(run, *turn) for turn in followed.turns if any(turn[1]))

    def opening(self) -> Opening:
        """What is known before the first turn."""
        return Opening(
            property=self._prop.name,
            why=self._prop.why,
            slug=self._prop.slug,
            workload={name: repr(value) for name, value in self._workload.items()},
            known=self._known,
            way=self._way,
            schedules=self._schedules,
            may_stall=self._prop.stalls,
            note=self._note,
        )

    def turn(self, choices: Sequence[Choice], *, until_blocked: bool = False) -> Turn | End:
        """How the run stands after these choices; its end if there is nothing to choose any more.

        Args:
            choices: what to do at each crossing.
            until_blocked: let whoever runs go on until the turn goes to another.
        """
        strategy, run = self._run(choices, until_blocked)
        crossing = strategy.crossing
        if crossing is None:
            return self._end(strategy, run)
        seen = replace(run, events=run.events[: crossing.events])
        stall = 0
        if crossing.may_stall and crossing.deadline is not None:
            stall = max(1, crossing.deadline - crossing.now)
        elif crossing.may_stall:
            stall = stall_lengths(run.waits)[-1]
        steps = steps_of(seen, self._files, self._machine.program.source)
        started = 1 + sum(event.kind == "start" for event in seen.events)
        return Turn(
            options=tuple(self._option(run, spot) for spot in crossing.spots),
            running=crossing.running,
            now=crossing.now,
            stall=stall,
            passed=strategy.passed,
            steps=tuple(steps),
            threads=tuple(run.names[ident] for ident in sorted(run.names))[:started],
        )

    def finish(self, choices: Sequence[Choice]) -> End:
        """What comes of the run if it goes on in default order after these choices."""
        return self._end(*self._run(choices, False))

    def _run(self, choices: Sequence[Choice], until_blocked: bool) -> tuple[Guided, Run]:
        strategy = Guided(
            choices,
            self._machine.program,
            self._files,
            stalls=self._prop.stalls,
            also=self._also,
            until_blocked=until_blocked,
        )
        return strategy, execute(self._prop, self._machine, self._workload, strategy, record=True)

    def _end(self, strategy: Guided, run: Run) -> End:
        again, verdict = replay_verdict(self._prop, self._machine, self._workload, run.schedule)
        token = make_token(self._prop.slug, self._workload, run.schedule, self._digest).encode()
        if trace_digest(again) != trace_digest(run):
            token = ""
        return End(verdict, strategy.passed, token)

    def _departure(self, run: Run, crossing: Crossing, choice: Choice) -> Departure:
        default = self._option(run, crossing.spots[0])
        chosen = self._option(run, crossing.spots[choice.delays]) if choice.delays else None
        return Departure(default, chosen, choice.stall)

    def _option(self, run: Run, spot: Spot) -> Option:
        text = ""
        if spot.file == self._files[0]:
            text = self._lines[spot.line - 1] if spot.line <= len(self._lines) else ""
        elif spot.line:
            text = linecache.getline(spot.file, spot.line)
        return Option(spot.thread, run.names[spot.thread], spot.file, spot.line, text.strip(), spot.within)


def to_json(value: Opening | Turn | End) -> dict[str, Any]:
    """Plain data, for JSON."""
    data = asdict(value)
    if isinstance(value, Opening) and value.known is not None:
        data["known"] = value.known.to_json()
    elif isinstance(value, End):
        data["verdict"] = value.verdict.to_json()
    return data
