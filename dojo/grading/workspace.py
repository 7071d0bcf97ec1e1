"""Where a learner works: the files to fill in, and beside them all that is remembered about them.

One workspace is the repository itself: ``katas/`` and ``.dojo/``. Any other is a folder that ``start`` has made,
``DIR/<group>/<kata>.py`` and ``DIR/.dojo/``; commands work there with ``--katas DIR``, and an update of the
repository never touches it. Every command takes a workspace, and nothing else knows where a learner's files are.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dojo.grading.catalogue import ROOT, Kata
from dojo.grading.learner.progress import History
from dojo.grading.paths import display_name

if TYPE_CHECKING:
    from dojo.grading.learner.review import Reviews
    from dojo.grading.verdict_store import VerdictStore

PROGRAM = "uv run grader.py"


class NoWorkspace(ValueError):
    """A folder cannot be worked in; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of files to fill in, and the folder of what is remembered.

    Attributes:
        folder: the files are in folders of it, one for each group.
        state: progress, attempts, drawings and the like; made when it is first needed.
    """

    folder: Path
    state: Path

    @staticmethod
    def at(folder: Path) -> Workspace:
        """The workspace in a folder, which need not be there yet; ``katas/`` means the repository.

        Raises:
            NoWorkspace: for the folder of the repository, where progress on other files is kept.
        """
        try:
            resolved = folder.resolve()
        except (OSError, RuntimeError) as error:  # a loop of links
            raise NoWorkspace(f"'{folder}' is no folder: {error}") from error
        if resolved == REPOSITORY.folder:
            return REPOSITORY
        if resolved == ROOT:
            raise NoWorkspace(f"'{folder}' is the repository itself; name a folder of its own")
        return Workspace(folder, folder / ".dojo")

    def stub(self, kata: Kata) -> Path:
        """The learner's file of a kata."""
        return self.folder / kata.group / f"{kata.name}.py"

    def katas(self, catalogue: Iterable[Kata]) -> list[Kata]:
        """Those of all katas that are worked on here: in the repository all, elsewhere what was put there."""
        return [kata for kata in catalogue if not self.is_elsewhere or self.stub(kata).exists()]

    def history(self) -> History:
        """The last results; a damaged file is set aside under another name, and ``warning`` says so."""
        return History(self.state / "progress.json")

    def reviews(self) -> Reviews:
        """What to repeat and when; a damaged file is set aside, and ``warning`` says so."""
        from dojo.grading.learner.review import Reviews  # the board comes at once, without them

        return Reviews(self.state / "review.json")

    def verdicts(self, *, fresh: bool = False) -> VerdictStore:
        """What was graded before, of any file; it is set aside when damaged, and ``warning`` says so.

        Args:
            fresh: take nothing from it.
        """
        from dojo.grading.verdict_store import VerdictStore  # the board comes at once, without it

        return VerdictStore(self.state / "verdicts.sqlite", fresh=fresh)

    @property
    def attempts(self) -> Path:
        """Attempts that were set aside, in a folder for each kata."""
        return self.state / "attempts"

    @property
    def timelines(self) -> Path:
        """Drawings of runs."""
        return self.state / "timelines"

    @property
    def interviews(self) -> Path:
        """Mock interviews, in a folder each."""
        return self.state / "interviews"

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is another one than the repository."""
        return self != REPOSITORY

    @property
    def program(self) -> str:
        """How a command line begins that is about this workspace: ``uv run grader.py --katas ../mine``."""
        return f"{PROGRAM} --katas {shlex.quote(str(self.folder))}" if self.is_elsewhere else PROGRAM

    def start(self, *katas: Kata) -> str:
        """The command line that puts katas here."""
        names = "".join(f" {kata.name}" for kata in katas)
        return f"{PROGRAM} start {shlex.quote(str(self.folder))}{names}"

    def owns(self, shown: str, kata: str) -> bool:
        """Whether a file, as it is shown to the reader, is the learner's own one of that kata."""
        file = Path(shown)
        return file.name == f"{kata}.py" and file.parent.parent == Path(display_name(self.folder))


REPOSITORY = Workspace(ROOT / "katas", ROOT / ".dojo")
