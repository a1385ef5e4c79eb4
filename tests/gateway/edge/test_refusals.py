from typing import Any

import msgspec
import pytest

from accounts.errors import Refused
from gateway.edge.refusals import as_problem, as_the_path_reads


def on(path: str) -> dict[str, Any]:
    return {"path": path, "query_string": b"", "state": {"request_id": "req_1"}}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("body_too_large", 413),
        ("unsupported_encoding", 415),
        ("headers_too_large", 431),
        ("body_too_slow", 408),
        ("bad_path", 400),
        ("internal_error", 500),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/anthropic/x"])
def test_a_refusal_on_a_clients_path_has_the_shape_of_its_dialect(
    code: str, status: int, path: str
) -> None:
    answer = as_the_path_reads(Refused(code, "What happened."), on(path))
    body = msgspec.json.decode(answer.body)

    assert answer.status == status
    assert answer.content_type == b"application/json"
    assert body["error"]["message"] == "What happened."
    assert (body.get("type") == "error") is (path != "/v1/chat/completions")


def test_elsewhere_it_is_problem_json() -> None:
    answer = as_the_path_reads(Refused("not_found"), on("/api/v1/nothing"))

    assert answer == as_problem(Refused("not_found"), on("/api/v1/nothing"))
    assert answer.content_type == b"application/problem+json"


def test_what_breaks_the_framing_closes_the_connection_in_any_shape() -> None:
    answer = as_the_path_reads(Refused("bad_framing"), on("/v1/messages"))

    assert (b"connection", b"close") in answer.headers
