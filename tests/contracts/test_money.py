"""Money is whole numbers (billing.md BL-2): nothing that holds it meets a float."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.tree import ROOT

HOLDERS: Final = ("billing", "gateway/edge", "gateway/spool", "policies")
OF_MONEY: Final = ("nano", "cost", "charge", "amount", "usd", "price", "balance", "paid", "owed")


def modules() -> Iterator[Path]:
    for holder in HOLDERS:
        for path in sorted((ROOT / holder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def faults(text: str) -> list[str]:
    """Where an amount is divided into a fraction, made a float or said to be one."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(text)) if _is_fraction(node)]


def _is_fraction(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return _is_money(node)
        case ast.Call(func=ast.Name(id="float")):
            return _is_money(node)
        case ast.BinOp(left=left, right=right):
            return any(_is_float(one) for one in (left, right)) and _is_money(node)
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
            return _is_named(name) and "float" in ast.unparse(node)
    return False


def _is_float(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def _is_money(node: ast.AST) -> bool:
    return any(
        _is_named(getattr(inner, "id", "") or getattr(inner, "attr", ""))
        for inner in ast.walk(node)
    )


def _is_named(name: str) -> bool:
    return any(word in name.lower().split("_") for word in OF_MONEY)


@pytest.mark.parametrize(
    "text",
    [
        "share = charge_nano / 2",
        "row.cost_nano /= 3",
        "float(amount)",
        "price * 1.2",
        "charge: float = 0",
        "def f(*, cost_nano: float | None): ...",
    ],
)
def test_a_fraction_of_money_is_found(text: str) -> None:
    assert faults(text)


def test_other_fractions_are_not() -> None:
    assert not faults("x = latency_ms / 1_000; y = cost // 2; z: float = x * 1.5")


def test_no_amount_is_ever_a_float() -> None:
    found = {path: wrong for path in modules() if (wrong := faults(path.read_text("utf-8")))}

    assert not found
