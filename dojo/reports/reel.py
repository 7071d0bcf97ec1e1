"""A replayed run as a reel of screens: what there is to be shown of it, and which screen follows which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dojo.checking.verdict import Status
from dojo.grading.judge import Replay
from dojo.reports.film import ENDED, Standing
from dojo.reports.page import count
from dojo.reports.story import seconds
from dojo.reports.timeline.beats import PREEMPT, STALL, Beat, beats_of
from dojo.reports.timeline.glance import Glance, glances


@dataclass(frozen=True, slots=True)
class Reel:
    """A run as a sequence of screens: one for each beat, and one for the end of the run.

    Attributes:
        kata: its name.
        own: the submission's file, as steps call it.
        promise: the property that ran.
        given: its arguments.
        wrong: what went wrong; "" when nothing did.
        notes: why the run may differ from the one that was reported.
        source: the lines of the submission.
        scenario: the lines of the property that ran, by number.
        threads: all of them, in the order of their start.
        stuck: those that had not ended, with what each was doing.
        steps: how many events the run has.
        beats: what each screen shows; each of one source line, or of one event.
        seen: what is to be said about each beat beyond what it did.
        each_step: whether there is a screen for every event.
    """

    kata: str
    own: str
    promise: str
    given: str
    wrong: str
    notes: tuple[str, ...]
    source: Sequence[str]
    scenario: dict[int, str]
    threads: Sequence[str]
    stuck: dict[str, str]
    steps: int
    beats: Sequence[Beat]
    seen: Sequence[Glance]
    each_step: bool

    @property
    def last(self) -> int:
        """The index of the last screen: the end of the run."""
        return len(self.beats)

    @property
    def turns(self) -> list[int]:
        """The screens on which the schedule interrupts a thread or makes it stand still."""
        return [index for index, beat in enumerate(self.beats) if beat.kind in (PREEMPT, STALL)]

    def beat(self, index: int) -> Beat:
        """What a screen is about; the end of the run shows how the last beat left everything."""
        return self.beats[min(index, self.last - 1)]

    def at(self, number: int) -> int:
        """The screen that shows an event.

        Args:
            number: counts from 1; one that is too large or too small means the nearest.
        """
        before = [index for index, beat in enumerate(self.beats) if beat.first <= number]
        return before[-1] if before else 0

    def latest(self, thread: str, index: int) -> Beat | None:
        """The last thing that a thread did, up to a screen."""
        return next(
            (beat for beat in reversed(self.beats[: min(index, self.last - 1) + 1]) if beat.thread == thread),
            None,
        )

    def overtaken(self, index: int) -> list[tuple[str, str, str, str]]:
        """Who has seen a value that is another one now, and has not run since: it does not know.

        On a screen on which something is written, those who have seen what was there before. At the end, those
        who had not ended.

        Returns:
            Thread, variable, the value it saw, the value now.
        """
        beat = self.beat(index)
        at_end = index >= self.last
        written = {effect.name: effect.value for effect in beat.did("write") if effect.value}
        now = beat.after.values if at_end else written
        found = []
        for thread in self.threads:
            stands = self.standing(thread, index)
            if (thread == beat.thread and not at_end) or stands is None or stands.doing == ENDED:
                continue
            for name, (value, since) in self._looked(thread, index).items():
                if since and now.get(name, value) != value:
                    found.append((thread, name, value, now[name]))
        return found

    def _looked(self, thread: str, index: int) -> dict[str, tuple[str, bool]]:
        """The value of every variable that a thread has read, and whether another has written to it since."""
        saw: dict[str, tuple[str, bool]] = {}
        for beat in self.beats[: min(index, self.last - 1) + 1]:
            for effect in beat.did("read", "write"):
                if effect.kind == "read" and beat.thread == thread:
                    saw[effect.name] = (effect.value, False)
                elif effect.kind == "write" and effect.name in saw:
                    if beat.thread == thread:
                        del saw[effect.name]  # what it has written itself, it knows
                    else:
                        saw[effect.name] = (saw[effect.name][0], True)
        return saw

    def standing(self, thread: str, index: int) -> Standing | None:
        """How a thread stands on a screen; None before its start."""
        return self.beat(index).after.threads.get(thread)


def reel_of(run: Replay, kata: str, own: str, *, each_step: bool = False) -> Reel:
    """Make a reel of a run that has steps.

    Args:
        run: the run.
        kata: its kata.
        own: the submission's file, as steps call it.
        each_step: a screen for every event, not for every source line.
    """
    beats = beats_of(run.steps, each_step=each_step) or beats_of(run.steps, each_step=True)
    verdict = run.verdict
    example = verdict.counterexample if verdict is not None else None
    for_ever = example is not None and example.kind.startswith("deadlock")
    return Reel(
        kata=kata,
        own=own,
        promise=verdict.property if verdict is not None else "",
        given=", ".join(f"{name}={value}" for name, value in run.workload.items()),
        wrong=_wrong(run),
        notes=run.notes,
        source=run.source.splitlines(),
        scenario={step.line: step.text for step in run.steps if step.line and step.file != own},
        threads=list(beats[-1].after.threads),
        stuck={each.thread: "for ever" if for_ever else "not ended" for each in example.stuck}
        if example is not None
        else {},
        steps=run.steps[-1].number,
        beats=beats,
        seen=glances(beats),
        each_step=each_step,
    )


def _wrong(run: Replay) -> str:
    """What went wrong, in a sentence or two."""
    verdict = run.verdict
    if not run.reproduced:
        return ""
    if verdict is None or verdict.status is not Status.FAIL or verdict.counterexample is None:
        return "this run fails"
    example = verdict.counterexample
    how = []
    if example.preemptions:
        how.append(count(example.preemptions, "preemption"))
    if example.stalls:
        how.append(f"{count(len(example.stalls), 'stall')} of {seconds(example.stalls[0][2])}")
    return f"{example.kind}: {example.message}" + (f" ({', '.join(how)})" if how else "")
