"""The result of a grading run as JSON, for programs.

``grade.schema.json`` beside this file is the JSON Schema: every key, its type and what it means. In short::

    schema       1; raised when a key changes its meaning or goes, not when one is added
    engine       version of the simulator; verdicts of different engines need not agree
    python       "3.12": replay tokens belong to a minor version
    exit_code    what grader.py exits with
    seed, budget, strict
                 what was asked for; the same three and the same files give the same text
    results      one object for each file graded, with one verdict for each property decided

There are no wall times in it, so equal gradings are equal text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dojo import ENGINE_VERSION
from dojo.grading.result import KataResult, overall
from dojo.reports.formats.run import Graded

SCHEMA = 1
SCHEMA_FILE = Path(__file__).parent / "grade.schema.json"
OPENING = f'{{\n  "schema": {SCHEMA},'


def write(graded: Graded) -> str:
    """The document on a run."""
    return to_json(graded.results, seed=graded.seed, budget=graded.budget, strict=graded.strict)


def to_json(results: Sequence[KataResult], *, seed: int, budget: int, strict: bool) -> str:
    """The document, ending in a line break.

    Args:
        results: of the katas, in the order graded.
        seed, budget, strict: as they were asked for.
    """
    document = {
        "schema": SCHEMA,
        "engine": ENGINE_VERSION,
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "exit_code": int(overall(results)),
        "seed": seed,
        "budget": budget,
        "strict": strict,
        "results": [result.to_json() for result in results],
    }
    # ASCII: a learner's text may hold what the stream's encoding cannot write.
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
