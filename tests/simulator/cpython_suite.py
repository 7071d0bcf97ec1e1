"""Runs one of CPython's own test modules with all its imports instrumented, and prints the result as JSON.

A script and not a test: `python cpython_suite.py ROOT test.test_with hooked|plain`. It imports as little as
it can before the hooks are in place, so that unittest and the modules under test run instrumented too.
"""

import importlib.util
import json
import sys
import tokenize  # noqa: F401  - sources are decoded with it
from importlib.machinery import SourceFileLoader

root, suite_name, mode = sys.argv[1:]
sys.path.insert(0, root)
from dojo.simulator.instrument import HOOKS, instrument  # noqa: E402

del sys.path[0]
modules = sites = 0


def pass_through(value, site):
    return value


def always(site):
    return True


def get_code(loader, name):
    global modules, sites
    path = loader.get_filename(name)
    instrumented = instrument(importlib.util.decode_source(loader.get_data(path)), path)
    modules += 1
    sites += len(instrumented.sites)
    return instrumented.code


def exec_module(loader, module):
    vars(module).update((hook, always if hook in ("@read", "@loop") else pass_through) for hook in HOOKS)
    exec(loader.get_code(module.__name__), vars(module))


if mode == "hooked":
    SourceFileLoader.get_code = get_code
    SourceFileLoader.exec_module = exec_module

import unittest  # noqa: E402

import test.support  # noqa: E402

test.support.use_resources = {}  # no network, no sound, no long runs
result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromName(suite_name).run(result)
failures = {test.id(): text for test, text in [*result.failures, *result.errors]}
report = {"tests": result.testsRun, "modules": modules, "sites": sites, "failures": failures}
sys.__stdout__.write("\n" + json.dumps(report) + "\n")
