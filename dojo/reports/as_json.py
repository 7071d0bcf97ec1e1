"""The result of a grading run as JSON, for programs.

Schema 1, one object, keys always in this order::

    schema       1; raised when a key changes its meaning or goes, not when one is added
    engine       version of the simulator; verdicts of different engines need not agree
    python       "3.12": replay tokens belong to a minor version
    exit_code    what grader.py exits with: 0 all pass, 1 some fail, 3 inconclusive, 4 grader fault
    seed, budget, strict
                 what was asked for; the same three and the same files give the same text
    results      one object for each kata:
        kata, path
        state        "passed", "failed", "not started yet", "inconclusive", "cannot be graded", "grader fault"
        properties   how many the kata has; fewer verdicts means that grading stopped early
        schedules    executed in all
        problem      null, or why it stopped: message, file, line (0: none), remedy
        verdicts     one object for each property decided, fields as in dojo.checking.verdict.Verdict:
                     property, why, slug, status ("pass", "fail", "inconclusive", "broken"), schedules,
                     workloads, one_delay, found_after, reason, counterexample (null or an object), warnings

There are no wall times in it, so equal gradings are equal text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from dojo import ENGINE_VERSION
from dojo.grading.result import KataResult, overall

SCHEMA = 1


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
