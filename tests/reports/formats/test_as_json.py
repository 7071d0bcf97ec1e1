"""JSON for programs: nothing is lost, nothing varies."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from dojo.checking.verdict import Status, Verdict
from dojo.grading.result import State
from dojo.reports.formats.as_json import OPENING, SCHEMA, SCHEMA_FILE, to_json, write

from ..samples import RACE, SYNTAX, example, result, verdict
from .scenes import SCENES

RESULTS = [
    result(State.FAILED, verdict(Status.FAIL, warnings=[RACE]), verdict()),
    result(State.REFUSED, problem=SYNTAX),
]


def document(**changes: float) -> str:
    """The text for the results."""
    changed = [replace(each, **changes) for each in RESULTS]  # type: ignore[arg-type]
    return to_json(changed, seed=3, budget=800, strict=False)


def test_verdicts_come_back() -> None:
    """A verdict read from the text is the verdict that was written."""
    read = json.loads(document())
    assert [Verdict.from_json(each) for each in read["results"][0]["verdicts"]] == list(RESULTS[0].verdicts)
    assert read["results"][1]["problem"]["line"] == 12


def test_the_keys_and_their_order() -> None:
    """Schema 1; whoever changes a key changes the number."""
    read = json.loads(document())
    assert list(read) == ["schema", "engine", "python", "exit_code", "seed", "budget", "strict", "results"]
    assert list(read["results"][0]) == [
        "kata", "path", "state", "properties", "only", "schedules", "problem", "verdicts",
    ]  # fmt: skip
    assert (read["schema"], SCHEMA) == (1, 1)
    assert read["exit_code"] == 1


def test_equal_gradings_are_equal_text() -> None:
    """Wall time is no part of it."""
    assert document(seconds=1.0) == document(seconds=2.0)


@pytest.mark.parametrize("message", ["\ud800", "d\xe9j\xe0", "\x1b[31m", "[red]"])
def test_any_text_can_be_written(message: str) -> None:
    """The document is ASCII whatever the learner's text holds."""
    of = result(State.FAILED, verdict(Status.FAIL, counterexample=example(message=message)))
    written = to_json([of], seed=0, budget=1, strict=True)
    assert written.isascii()
    assert json.loads(written)["results"][0]["verdicts"][0]["counterexample"]["message"] == message


def validator() -> jsonschema.Draft202012Validator:
    """Checks documents against the schema that is shipped."""
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", SCENES)
def test_documents_keep_the_schema(name: str) -> None:
    """Every key is documented, and of the type that the schema says."""
    written = write(SCENES[name])
    assert written.startswith(OPENING)
    validator().validate(json.loads(written))


def test_the_schema_is_of_this_version() -> None:
    """Its name and its number are those of the documents."""
    schema = validator().schema
    assert schema["properties"]["schema"] == {"const": SCHEMA}
    assert schema["$id"].endswith(f":{SCHEMA}")


def objects(schema: object) -> list[dict[str, object]]:
    """All objects that a schema describes by their keys."""
    parts = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    own = [schema] if isinstance(schema, dict) and "required" in schema else []
    return own + [each for part in parts for each in objects(part)]


def test_no_key_is_undocumented_and_none_may_be_missing() -> None:
    """One more key, or one less, fails."""
    found = objects(validator().schema)
    assert len(found) == 8
    for each in found:
        assert each["additionalProperties"] is False
        assert list(each["properties"]) == each["required"]  # type: ignore[call-overload]


@pytest.mark.parametrize("change", [{"extra": 1}, {"schema": 2}, {"exit_code": 2}, {"results": [{}]}])
def test_the_schema_notices(change: dict[str, object]) -> None:
    """It refuses what it does not know."""
    read = json.loads(document()) | change
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(read)
