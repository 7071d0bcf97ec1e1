"""Runs CPython's own test suites through the instrumentation, which must not make a single test fail.

Each suite runs in a process of its own in which every module imported, unittest and the library under test
included, is instrumented with hooks that do nothing. What fails without hooks as well is not counted. Suites
about byte code, line tables, tracing or source introspection are left out: instrumentation changes those.
"""

import importlib.util
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("cpython_suite.py")
TIME_LIMIT = 300  # seconds: only a hang takes that long, even on a busy machine

SUITES = """
    abc argparse asyncgen asyncio.test_locks augassign baseexception binop bool call class collections
    compare configparser contains context contextlib contextlib_async copy coroutines dataclasses decimal
    decorators defaultdict deque descr dict dictcomps difflib dynamic dynamicclassattribute enum
    except_star exception_group exception_variations extcall flufl fractions fstring funcattrs functools
    generator_stop generators genericclass genexps global grammar heapq iter json keywordonlyarg list
    listcomps metaclass named_expressions opcache operator ordered_dict patma pep646_syntax
    positional_only_arg property raise random scope set setcomps shlex slice string string_literals
    subclassinit super syntax textwrap threading_local traceback tstring tuple type_aliases
    type_annotations type_params typechecks types typing unary unpack unpack_ex userdict userlist with
    yield_from
""".split()

NOT_COUNTED = {  # test -> why hooks make it fail
    "test.test_argparse.TestImportStar.test_all_exports_everything_but_modules": "finds hooks in a module",
    "test.test_decimal.CheckAttributes.test_module_attributes": "finds hooks in a module",
    "test.test_types.TypesTests.test_names": "finds hooks in a module",
    "test.test_generators.ModifyUnderlyingIterableTest.test_new_gen_from_gi_code": "runs code among other globals",
    "test.test_opcache.TestSpecializer.test_load_super_attr": "looks at specialised byte code",
}


def run_suite(name: str, mode: str, directory: Path) -> dict:
    """Run one suite in a new process, and return what the process reports of it."""
    command = [sys.executable, "-I", "-W", "ignore", str(RUNNER), str(ROOT), f"test.{name}", mode]
    process = subprocess.run(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIME_LIMIT,
        text=True,
        errors="replace",
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def _name(test: str) -> str:
    """A test without what tells its subtests apart, which may be an address."""
    return test.partition(" (")[0]


@pytest.mark.parametrize("suite", SUITES)
def test_cpython_suite(suite: str, tmp_path: Path, record_property) -> None:
    """A suite of CPython runs instrumented, and no test fails which passes otherwise."""
    if importlib.util.find_spec("test.support") is None:
        pytest.skip("this Python is installed without its test suite")
    name = suite if "." in suite else f"test_{suite}"
    name = name.replace("asyncio.", "test_asyncio.")
    if importlib.util.find_spec(f"test.{name}") is None:
        pytest.skip(f"Python {platform.python_version()} has no {name}")
    report = run_suite(name, "hooked", tmp_path)
    record_property("tests", report["tests"])
    print(f"{name}: {report['tests']} tests, {report['sites']} sites in {report['modules']} modules")
    assert report["tests"] > 0 and report["sites"] > 0
    failures = {test: text for test, text in report["failures"].items() if _name(test) not in NOT_COUNTED}
    if failures:
        plain = run_suite(name, "plain", tmp_path)
        failures = {test: text for test, text in failures.items() if test not in plain["failures"]}
    assert not failures, "\n\n".join(f"{test}\n{text}" for test, text in failures.items())
