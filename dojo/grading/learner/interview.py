"""A mock interview as a value that is kept in a folder of its own: written after every event, so never lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dojo.grading.catalogue import Kata
from dojo.grading.files import write_whole
from dojo.grading.learner.scorecard import Broken, Score
from dojo.grading.store import FORMAT, Damaged, set_aside

STATE = "interview.json"
CARD = "scorecard.md"
MINUTE = 60


@dataclass(slots=True)
class Task:
    """One kata of an interview. Moments are seconds since the epoch, on the wall clock.

    Attributes:
        kata: its name.
        questions: what is asked in the end.
        begun: when the task was shown; None if it was not.
        left: when the next one was shown, or coding ended.
        solved: when the grading passed that nothing has undone since.
        late: whether the file that was handed in was saved after the time.
        attempts: different files that were graded.
        digest: fingerprint of the file that was graded last.
        diagnosis, promise, kind: the last failure, "" without one.
        hints: shown, by diagnosis.
        met: the classes of bugs seen, each with its promise.
        score: of the last grading.
        answers: word for word, "" for none; shorter than ``questions`` while some are open.
    """

    kata: str
    questions: list[str]
    begun: float | None = None
    left: float | None = None
    solved: float | None = None
    late: bool = False
    attempts: int = 0
    digest: str = ""
    diagnosis: str = ""
    promise: str = ""
    kind: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    met: dict[str, str] = field(default_factory=dict)
    score: Score | None = None
    answers: list[str] = field(default_factory=list)

    @property
    def hints_shown(self) -> int:
        """How many hints were shown."""
        return sum(self.hints.values())

    def seconds(self, end: float) -> float:
        """Time used: from reading the task to its solution, or until it was left, or until ``end``."""
        if self.begun is None:
            return 0.0
        stop = next((each for each in (self.solved, self.left) if each is not None), end)
        return max(0.0, stop - self.begun)


@dataclass(slots=True)
class Interview:
    """An interview, under way or over.

    Attributes:
        folder: where it is kept; its name is the number.
        level: one of ``dojo.grading.learner.selection.LEVELS``.
        minutes: how long it lasts.
        started: seconds since the epoch.
        tasks: in the order in which they are asked.
        ended: when coding ended; None before.
        closed: whether all questions were asked.
        draft: the lines of an answer that is not ended yet.
    """

    folder: Path
    level: str
    minutes: int
    started: float
    tasks: list[Task]
    ended: float | None = None
    closed: bool = False
    draft: str = ""

    @property
    def number(self) -> int:
        """Counts up from 1."""
        return int(self.folder.name)

    @property
    def deadline(self) -> float:
        """When the time is up, in seconds since the epoch."""
        return self.started + self.minutes * MINUTE

    @property
    def current(self) -> int | None:
        """The index of the task that is being worked on; None when all were left."""
        return next((index for index, task in enumerate(self.tasks) if task.left is None), None)

    def file(self, task: Task) -> Path:
        """Where the learner works on a task."""
        return self.folder / f"{task.kata}.py"

    def save(self) -> None:
        """Write it in one step.

        Raises:
            OSError: when it cannot be written.
        """
        data = {"format": FORMAT, **asdict(self)}
        del data["folder"]
        write_whole(self.folder / STATE, json.dumps(data, indent=2) + "\n")


def create(katas: Sequence[Kata], *, level: str, minutes: int, now: float, folder: Path) -> Interview:
    """Begin an interview in a folder of its own.

    Args:
        katas: the tasks.
        level: what was asked for.
        minutes: how long it lasts.
        now: when it begins, in seconds since the epoch.
        folder: where all of them are kept.

    Raises:
        OSError: when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = next_number(folder)
    while True:
        try:
            (folder / str(number)).mkdir()
            break
        except FileExistsError:  # by another one that has begun just now
            number += 1
    tasks = [Task(kata.name, list(kata.questions)) for kata in katas]
    interview = Interview(folder / str(number), level, minutes, now, tasks)
    interview.save()
    return interview


def next_number(folder: Path) -> int:
    """The number that the next interview gets."""
    return 1 + max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0)


def load_all(folder: Path) -> tuple[list[Interview], list[str]]:
    """All interviews, the oldest first, and what was wrong with some; a damaged file is set aside."""
    found, warnings = [], []
    numbers = sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal())
    for number in numbers:
        file = folder / str(number) / STATE
        try:
            found.append(_load(file))
        except FileNotFoundError:
            pass  # just begun by another process, or set aside before
        except OSError as error:
            warnings.append(f"{file} cannot be read ({error.strerror or error})")
        except Damaged:
            try:
                warnings.append(
                    f"interview {number} was damaged; its record is kept as {set_aside(file).name}"
                )
            except OSError as error:
                warnings.append(f"interview {number} is damaged ({error.strerror or error})")
    return found, warnings


def _load(file: Path) -> Interview:
    try:
        data = json.loads(file.read_text("utf-8"))
        tasks = [_task(each) for each in data["tasks"]]
        interview = Interview(file.parent, **_known(Interview, data) | {"tasks": tasks})
        if not tasks or not isinstance(interview.deadline, int | float):
            raise ValueError("there is no task, or no time")
        return interview
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(str(error)) from error


def _task(data: dict[str, Any]) -> Task:
    score = data["score"]
    if score is not None:
        broken = tuple(Broken(**_known(Broken, each)) for each in score["broken"])
        data = data | {"score": Score(**_known(Score, score) | {"broken": broken})}
    task = Task(**_known(Task, data))
    texts = [*task.questions, *task.answers, *task.met.values()]
    if not all(isinstance(text, str) for text in texts) or task.attempts < 0 or task.hints_shown < 0:
        raise ValueError("something is of a wrong type")
    return task


def _known(kind: type[Any], data: dict[str, Any]) -> dict[str, Any]:
    """What a later version may have added is left out."""
    return {key: data[key] for key in kind.__dataclass_fields__ if key in data}
