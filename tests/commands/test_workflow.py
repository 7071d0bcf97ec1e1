"""The workflow for classrooms: valid, pinned, and its grading step runs as it stands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from typing import Any

import jsonschema
import junitparser
import pytest
from ruamel.yaml import YAML

from dojo.grading.catalogue import ROOT
from tests.commands.program import Repository

FILE = ROOT / ".github" / "workflows" / "classroom.yml"
UV = shutil.which("uv")


def workflow() -> dict[str, Any]:
    """The file, read."""
    return YAML(typ="safe", pure=True).load(FILE.read_text("utf-8"))  # type: ignore[no-any-return]


def steps() -> list[dict[str, Any]]:
    """Of its one job."""
    (job,) = workflow()["jobs"].values()
    return list(job["steps"])


def test_it_keeps_the_schema_of_workflows() -> None:
    """As check-jsonschema ships it."""
    schema = json.loads(
        (files("check_jsonschema") / "builtin_schemas/vendor/github-workflows.json").read_text("utf-8")
    )
    jsonschema.validators.validator_for(schema)(schema).validate(workflow())


def test_actions_are_pinned_and_rights_are_few() -> None:
    """A version of each; the token may read, and write findings, no more."""
    used = [step["uses"] for step in steps() if "uses" in step]
    assert len(used) == 4
    assert all(re.fullmatch(r"[\w-]+/[\w/-]+@v\d+\.\d+\.\d+", each) for each in used)
    (job,) = workflow()["jobs"].values()
    assert workflow()["permissions"] == {"contents": "read"}
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    assert steps()[0]["with"]["persist-credentials"] is False


def test_nothing_is_pasted_into_a_script() -> None:
    """Inputs come by the environment: whoever starts the workflow cannot write shell commands."""
    assert all("${{" not in step.get("run", "") for step in steps())


@pytest.mark.skipif(UV is None or sys.platform == "win32", reason="it is a bash script that calls uv")
@pytest.mark.parametrize(("katas", "code"), [("semaphore", 0), ("semaphore wait_group", 1)])
def test_the_grading_step(
    katas: str, code: int, repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its own lines in a copy of the repository: a check mark or none, and a report in every format."""
    repository.attempt("semaphore")
    (step,) = [each for each in steps() if "run" in each]
    assert step["shell"] == "bash"
    temporary = tmp_path_factory.mktemp("runner")
    summary = temporary / "step_summary_0f"
    summary.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=repository.root,
        env={
            **os.environ,
            "KATAS": katas,
            "RUNNER_TEMP": str(temporary),
            "GITHUB_STEP_SUMMARY": str(summary),
            # uv runs as it is, in the environment that there is.
            "UV_PROJECT_ENVIRONMENT": sys.prefix,
            "UV_NO_SYNC": "1",
            "UV_OFFLINE": "1",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    made = temporary / "dojo"
    assert {each.name for each in made.iterdir()} == {"dojo.sarif", "junit.xml", "grade.json", "results.json"}
    read = junitparser.JUnitXml.fromfile(str(made / "junit.xml"))
    assert [suite.name for suite in read] == katas.split()
    assert json.loads((made / "grade.json").read_text("utf-8"))["exit_code"] == code
    assert json.loads((made / "results.json").read_text("utf-8"))["score"] == 21
    assert summary.read_text("utf-8").startswith("## Concurrency dojo: 1 of")


def test_later_steps_read_what_it_writes() -> None:
    """The same names, whether grading passed or not."""
    (grading,) = [each for each in steps() if "run" in each]
    assert 'reports="$RUNNER_TEMP/dojo"' in grading["run"] and "$reports/dojo.sarif" in grading["run"]
    upload, keep = steps()[-2:]
    assert upload["with"]["sarif_file"] == "${{ runner.temp }}/dojo/dojo.sarif"
    assert keep["with"]["path"] == "${{ runner.temp }}/dojo"
    assert {upload["if"], keep["if"]} == {"${{ !cancelled() }}"}
