"""No dead code, and no exception for code that is gone."""

import ast

from tests.contracts.dead_code import CALLED, dead, product


def test_nothing_is_unused() -> None:
    assert not [item.get_report() for item in dead()]


def test_every_hook_excepted_is_still_there() -> None:
    defined: set[str] = set()
    for path in product():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Name | ast.arg | ast.Attribute):
                defined.add(getattr(node, "id", getattr(node, "arg", getattr(node, "attr", ""))))
    assert not CALLED - defined
