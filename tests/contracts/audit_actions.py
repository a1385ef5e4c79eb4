"""The audit actions the source can write, read from the calls that write them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.contracts.tree import sources

ACTION: Final = re.compile(r"[a-z_]+\.[a-z_]+")
VERB_OF: Final = {"record_created": "create", "delete_row": "delete"}
RECORDER: Final = re.compile(r"_?record(?:_\w+)?")


def literals(node: ast.AST | None) -> set[str]:
    """Every string inside the expression, both sides of a choice included."""
    found = ast.walk(node) if node is not None else ()
    return {
        inner.value
        for inner in found
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    }


def calls(tree: ast.AST) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Name and arguments; the first positional one, if any, as `action`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            words = {word.arg: word.value for word in node.keywords if word.arg}
            yield name, ({"action": node.args[0]} | words if node.args else words)


def tables(tree: ast.AST) -> Iterator[str]:
    """Actions chosen by a table: `actions = {…: "user.change_password"}`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(getattr(target, "id", "").lower() == "actions" for target in targets):
            yield from literals(node.value)


def actions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set(tables(tree))
    verbs = {verb for _, words in calls(tree) for verb in literals(words.get("verb"))}
    for name, words in calls(tree):
        kinds = literals(words.get("kind"))
        if name in VERB_OF:
            found |= {f"{kind}.{VERB_OF[name]}" for kind in kinds}
        elif name == "save_changes":
            own = literals(words.get("verb")) or verbs
            found |= {f"{kind}.{verb}" for kind in kinds for verb in own}
        elif RECORDER.fullmatch(name):
            found |= literals(words.get("action"))
    return {action for action in found if ACTION.fullmatch(action)}


def written_actions() -> set[str]:
    return {action for path in sources() for action in actions_of(path)}
