"""What a kata's hidden properties promise, read from their text: executing them takes longer than anybody waits."""

from __future__ import annotations

import ast

from dojo.grading.catalogue import Kata


def promises(kata: Kata) -> dict[str, str]:
    """What each hidden property of a kata promises, in words, by its short name, in the order written."""
    found = {}
    for node in ast.parse(kata.tests.read_text("utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "prop":
                found[node.name.removeprefix("test_")] = str(ast.literal_eval(decorator.args[0]))
    return found
