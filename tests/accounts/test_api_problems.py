"""Every refusal of the management API is one precise problem."""

from typing import Any

import pytest
from django.db import OperationalError, connections
from rest_framework.response import Response

from accounts.api.views.teams import TeamViewSet
from tests.accounts.world import Town


def test_a_problem_has_its_whole_shape(town: Town) -> None:
    answer = town.api("billing_viewer").get("members")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/errors#permission_denied",
        "title": "You may not do this.",
        "status": 403,
        "detail": "This needs the capability member.write."
        " Ask an owner or admin of the tenant for it.",
        "instance": "/api/v1/members",
        "code": "permission_denied",
        "request_id": "",
        "errors": [],
        "capability": "member.write",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing", 404, "not_found"),
        ("GET", "keys/", 404, "not_found"),
        ("PUT", "keys", 405, "method_not_allowed"),
        ("OPTIONS", "keys", 405, "method_not_allowed"),
        ("POST", "members", 405, "method_not_allowed"),
        ("GET", "keys/not-a-key", 404, "not_found"),
        ("GET", "keys/key_%00", 404, "not_found"),
        ("PATCH", "members/%00", 404, "not_found"),
        ("PATCH", "members/not-an-id", 404, "not_found"),
        ("DELETE", "teams/00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("DELETE", "sessions/9999999999999999999", 404, "not_found"),
        ("GET", "keys?limit=0", 400, "validation"),
        ("GET", "keys?limit=201", 400, "validation"),
        ("GET", "keys?limit=ten", 400, "validation"),
        ("GET", "keys?limit=0000001999999999", 400, "validation"),
        ("GET", "keys?q=a&q=b", 400, "validation"),
        ("GET", "keys?sort=name", 400, "validation"),
        ("GET", "keys?status=gone", 400, "validation"),
        ("GET", "keys?owner=me", 400, "validation"),
        ("GET", "keys?q=%00", 400, "validation"),
        ("GET", "audit?from=yesterday", 400, "validation"),
        ("GET", "keys?cursor=made-up", 400, "invalid_cursor"),
    ],
)
def test_a_bad_request_gets_a_precise_problem(
    town: Town, method: str, path: str, status: int, code: str
) -> None:
    answer = town.api("owner").call(method, path, {} if method in {"POST", "PATCH"} else None)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("text/plain", b"{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", b"name=x", 415, "unsupported_media_type"),
        ("", b"{}", 415, "unsupported_media_type"),
        ("application/json", b"{", 400, "malformed_json"),
        ("application/json", b"\xff", 400, "malformed_json"),
        ("application/json", b'{"name":"a","name":"b"}', 400, "malformed_json"),
        ("application/json", b'{"name":"\\ud800"}', 400, "malformed_json"),
        ("application/json", b"[" * 200 + b"]" * 200, 400, "malformed_json"),
        ("application/json", b"[]", 400, "validation"),
        ("application/json", b'"name"', 400, "validation"),
        ("application/json", b"null", 400, "validation"),
        ("application/json", b"", 400, "validation"),
        ("application/json", b'{"name":"%s"}' % (b"x" * 1_048_576), 413, "body_too_large"),
        ("application/json; charset=utf-8", b'{"name":"fine"}', 201, ""),
    ],
)
def test_only_small_plain_json_is_read(
    town: Town, content_type: str, body: bytes, status: int, code: str
) -> None:
    api = town.api("owner")

    answer = api.client.post(
        "/api/v1/teams", data=body, content_type=content_type, headers=api.headers
    )

    assert (answer.status_code, answer.json().get("code", "")) == (status, code), answer.content


def test_what_is_wrong_with_the_whole_body_is_said_plainly(town: Town) -> None:
    problem = town.api("owner").post("teams", []).json()

    assert problem["detail"] == "Invalid data. Expected a dictionary, but got list."


def test_a_session_write_without_csrf_token_is_refused(town: Town) -> None:
    api = town.api("owner")
    api.client.handler.enforce_csrf_checks = True

    answer = api.post("teams", {"name": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_a_database_that_does_not_answer_in_time_is_told_without_inside(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise OperationalError("canceling statement due to statement timeout: SELECT secret")

    monkeypatch.setattr(TeamViewSet, "list", late)

    answer = town.api("owner").get("teams")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert b"SELECT" not in answer.content


def test_no_statement_of_a_request_runs_longer_than_ten_seconds(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(*_: Any, **__: Any) -> Response:
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return Response({"limit": cursor.fetchone()[0]})

    monkeypatch.setattr(TeamViewSet, "list", show)

    assert town.api("owner").get("teams").json() == {"limit": "10s"}


def test_a_defect_is_told_without_inside(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("table api_keys")

    monkeypatch.setattr(TeamViewSet, "list", defect)
    api = town.api("owner")
    api.client.raise_request_exception = False

    answer = api.get("teams")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"api_keys" not in answer.content
