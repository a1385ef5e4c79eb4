"""F-73: an error on the way of a secret shows it in no answer and no log, with DEBUG or without."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Browser, make_person

CANARY = "canary-password-7Jx9"
EMAIL = "ana@example.test"


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def fail(*_: Any, **credentials: Any) -> None:
    carried = credentials.get("password", CANARY)
    raise RuntimeError(f"broken while holding {len(carried)} characters")


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_a_password_is_in_no_error_page_and_no_log(
    db: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    everything_logged: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    debug: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    make_person(EMAIL)
    settings.DEBUG = debug
    browser = Browser()
    browser.get("/api/console/boot")
    browser.client.raise_request_exception = False
    monkeypatch.setattr("accounts.adapters.AccountAdapter.authenticate", fail)

    answer = browser.sign_in(email=EMAIL, password=CANARY)

    assert answer.status_code == 500
    shown = answer.content.decode() + everything_logged.getvalue() + "".join(capsys.readouterr())
    assert "broken while holding" in shown
    assert CANARY not in shown
    assert settings.SECRET_KEY not in shown


def test_in_production_the_answer_tells_nothing_of_the_inside(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    browser.get("/api/console/boot")
    browser.client.raise_request_exception = False
    monkeypatch.setattr("accounts.adapters.AccountAdapter.authenticate", fail)

    answer = browser.sign_in(email=EMAIL, password=CANARY)

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "internal_error"
    assert "broken" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
