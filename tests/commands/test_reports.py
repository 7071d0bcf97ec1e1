"""grade --report: files beside the terminal's report, or one text in its place; nothing else is written over."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import grader
from dojo.checking.verdict import Status
from dojo.commands import grading
from dojo.commands.grade import grade
from dojo.grading.catalogue import ROOT
from dojo.grading.result import KataResult, Problem, State
from dojo.reports.formats.every import FORMATS
from dojo.reports.formats.github import MOST
from tests.reports.samples import SYNTAX, result, verdict

FAILED = result(State.FAILED, verdict(Status.FAIL), verdict(slug="second"))
ALL = [name for name in FORMATS if name != "github"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's file, which is graded at once, and fails."""
    monkeypatch.setattr(grading, "grade", lambda *_, **__: FAILED)
    monkeypatch.chdir(tmp_path)
    found = tmp_path / "worker_pool_v2.py"
    found.write_text("x = 1\n", "utf-8")
    return found


def test_files_beside_the_report(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several in one run; the terminal's report is as it is without them."""
    assert grader.main(["grade", file.name]) == 1
    alone = capsys.readouterr().out
    options = [f"--report={name}=out.{name}" for name in FORMATS]
    assert grader.main(["grade", file.name, *options]) == 1
    assert capsys.readouterr().out == alone
    for name, each in FORMATS.items():
        assert Path(f"out.{name}").read_text("utf-8").startswith(each.opening or "## Concurrency dojo")


@pytest.mark.parametrize("name", FORMATS)
def test_one_may_be_printed(name: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of the report, and the same text as in a file."""
    assert grader.main(["grade", file.name, "--report", name, "--report", f"{name}=x.md"]) == 1
    assert capsys.readouterr().out.strip() == Path("x.md").read_text("utf-8").strip()


def test_json_is_short_for_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json and --report json, or json=-."""
    texts = []
    for options in (["--json"], ["--report", "json"], ["--report", "json=-"]):
        grader.main(["grade", file.name, *options])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] == texts[2]
    assert json.loads(texts[0])["exit_code"] == 1


@pytest.mark.parametrize("name", ALL)
def test_a_report_is_written_over(name: str, file: Path) -> None:
    """CI runs again and again; what is there of an earlier run is replaced."""
    for _ in range(2):
        assert grader.main(["grade", file.name, "--report", f"{name}=out"]) == 1
        first = Path("out").read_text("utf-8")
    assert first.startswith(FORMATS[name].opening)
    assert first.count(FORMATS[name].opening) == 1
    Path("out").write_text("", "utf-8")  # such as mktemp makes
    assert grader.main(["grade", file.name, "--report", f"{name}=out"]) == 1
    assert Path("out").read_text("utf-8") == first


def test_a_summary_is_added(file: Path) -> None:
    """GITHUB_STEP_SUMMARY may hold what the step has said before; it never grows beyond what GitHub shows."""
    summary = Path("step_summary_1")
    summary.write_text("before\n", "utf-8")
    assert grader.main(["grade", file.name, "--report", "github=step_summary_1"]) == 1
    assert summary.read_text("utf-8").startswith("before\n\n\n## Concurrency dojo")
    summary.write_text("x" * (MOST - 300) + "\n", "utf-8")
    assert grader.main(["grade", file.name, "--report", "github=step_summary_1"]) == 1
    assert MOST - 300 < summary.stat().st_size <= MOST
    assert grader.main(["grade", file.name, "--report", "github=step_summary_1"]) == 1
    assert summary.stat().st_size <= MOST


REFUSED = {
    "xml": "there is no format 'xml', but json, junit, gradescope, github, sarif",
    "json=": "after 'json=' there is no file",
    "json=nowhere/x.json": "there is no folder nowhere",
    "json=worker_pool_v2.py": "is no json report: name another file",
    "github=worker_pool_v2.py": "is not Markdown",
    "junit=.": "is not a file",
    f"json={os.devnull}": "is not a file; without '=FILE' the report is printed",
    "sarif=theirs.json": "is no sarif report",
}


@pytest.mark.parametrize("report", REFUSED)
def test_refused_before_anything_is_graded(
    report: str, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, exit code 2, and no file is touched."""
    monkeypatch.delattr(grading, "grade")
    Path("theirs.json").write_text('{"schema": "theirs"}', "utf-8")
    assert grader.main(["grade", file.name, "--report", report]) == 2
    assert REFUSED[report] in capsys.readouterr().err
    assert file.read_text("utf-8") == "x = 1\n"
    assert Path("theirs.json").read_text("utf-8") == '{"schema": "theirs"}'
    assert {each.name for each in Path().iterdir()} == {file.name, "theirs.json"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json", "--report", "junit"], "only one report can be printed"),
        (["--report", "json=x", "--report", "sarif=x"], "json and sarif cannot both go to x"),
        (["--report", "json", "--visibility", "hidden"], "--visibility is about --report gradescope"),
        (["--report", "gradescope", "--visibility", "seen"], "'seen' is not one of"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], message: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are refused in one line."""
    assert grader.main(["grade", file.name, *options]) == 2
    assert message in capsys.readouterr().err


def test_visibility_is_handed_on(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the result's."""
    grader.main(["grade", file.name, "--report", "gradescope", "--visibility", "after_due_date"])
    assert json.loads(capsys.readouterr().out)["visibility"] == "after_due_date"


@pytest.mark.parametrize(
    "found",
    [
        KataResult("worker_pool", "x.py", State.REFUSED, problem=SYNTAX),
        KataResult("worker_pool", "x.py", State.NOT_STARTED),
        KataResult("worker_pool", "x.py", State.REFUSED, (verdict(),), 22, Problem("stopped")),
    ],
    ids=["refused", "not started", "stopped"],
)
def test_properties_that_were_not_decided_are_named(
    found: KataResult, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark has the same maximum whatever has become of the file."""
    monkeypatch.setattr(grading, "grade", lambda *_, **__: found)
    grader.main(["grade", file.name, "--report", "gradescope"])
    read = json.loads(capsys.readouterr().out)
    assert (read["score"], read["extra_data"]["max_score"]) == (0, 22 + len(found.verdicts))


def test_help_names_every_format() -> None:
    """And a documented file for JSON is shipped."""
    (option,) = [each for each in grade.params if "--report" in each.opts]
    assert ", ".join(FORMATS) in option.help
    assert (ROOT / "dojo" / "reports" / "formats" / "grade.schema.json").is_file()
