"""What the console reads before anybody is signed in."""

import ast
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError

from accounts.problem_codes import PROBLEMS
from tests.browser import Browser, make_person

PROJECT = Path(__file__).resolve().parents[3]
CODE_TAKERS = {"Refused", "EdgeRefused"}


def test_boot_says_what_a_new_installation_needs(db: None) -> None:
    answer = Browser().get("/api/console/boot")

    boot = answer.json()
    assert answer.status_code == 200
    assert boot["setup_required"] is True
    assert boot["components"] == [
        {"name": "postgres", "state": "ok"},
        {"name": "cache", "state": "ok"},
    ]
    assert boot["sign_in"] == {"password": True, "email_reset": False}
    assert boot["csrf"]
    assert set(boot) == {
        "version",
        "build",
        "setup_required",
        "components",
        "sign_in",
        "locale_default",
        "csrf",
    }


def test_boot_is_at_most_2_kib_and_never_cached(db: None) -> None:
    answer = Browser().get("/api/console/boot")

    assert len(answer.content) <= 2048
    assert answer["Cache-Control"] == "no-store"


def test_boot_no_longer_asks_for_set_up_once_there_is_an_owner(db: None) -> None:
    make_person(superadmin=True)

    assert Browser().get("/api/console/boot").json()["setup_required"] is False


def test_boot_answers_while_services_are_out(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_database() -> None:
        raise OperationalError("out")

    def no_cache() -> None:
        raise redis.ConnectionError("out")

    monkeypatch.setattr("gateway.console.api.boot._ask_database", no_database)
    monkeypatch.setattr("gateway.console.api.boot._ask_cache", no_cache)

    boot = Browser().get("/api/console/boot").json()

    assert [component["state"] for component in boot["components"]] == ["unreachable"] * 2
    assert boot["setup_required"] is False


def test_the_table_of_codes_is_open_to_everybody(db: None) -> None:
    rows = Browser().get("/api/console/error-codes").json()["data"]

    assert [row["code"] for row in rows] == sorted(PROBLEMS)
    assert all(
        row["meaning"] and row["cause"] and row["fix"] and isinstance(row["retry"], bool)
        for row in rows
    )


def test_every_code_raised_anywhere_is_in_the_table() -> None:
    raised = {
        code
        for package in ("accounts", "billing", "gateway", "policies", "providers", "routing")
        for path in (PROJECT / package).rglob("*.py")
        for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert len(raised) > 20
    assert raised <= set(PROBLEMS)


def codes_in(tree: ast.Module) -> list[Any]:
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in CODE_TAKERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
