"""All subjects, by name."""

from __future__ import annotations

from benchmarks.explorer.classics import CLASSICS
from benchmarks.explorer.kata_subjects import KATAS

SUBJECTS = (*CLASSICS, *KATAS)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
