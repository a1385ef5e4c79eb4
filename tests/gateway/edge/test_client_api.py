"""The data plane's door: what is told to whom before any exchange has begun."""

import msgspec
import pytest

from accounts.specs import KeySpec
from gateway.edge.client_api import client_api
from gateway.edge.runtime import IN_SCOPE
from tests.gateway.edge.driver import HOST, Answer, call, http_scope
from tests.gateway.edge.plane import bearer, key_spec, plane, snapshot

VERSION = (b"anthropic-version", b"2023-06-01")


async def asked(
    path: str, *headers: tuple[bytes, bytes], method: str = "GET", key: KeySpec | None = None
) -> Answer:
    scope = http_scope(method=method, headers=(HOST, *headers))
    runtime = plane(snapshot(key or key_spec()))
    scope["path"], scope["state"] = path, {"request_id": "req_1", IN_SCOPE: runtime}
    return await call(client_api, scope)


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/models", 401), ("/v1/models/x", 401), ("/v1/nothing", 404)]
)
async def test_errors_of_lists_have_the_form_of_who_asks(path: str, status: int) -> None:
    wrong = (b"x-api-key", b"sk-nothing")
    plain = await asked(path, wrong)
    anthropic = await asked(path, wrong, VERSION)
    assert (plain.status, anthropic.status) == (status, status)
    assert set(msgspec.json.decode(plain.body)["error"]) == {"message", "type", "param", "code"}
    said = msgspec.json.decode(anthropic.body)
    assert (said["type"], said["request_id"]) == ("error", "req_1")


@pytest.mark.parametrize(
    ("path", "allowed", "status"),
    [
        ("/v1/models", "/v1/messages", 403),
        ("/api/v1/models", "/v1/models", 200),
        ("/v1/models/x", "/v1/models", 404),
        ("/v1/providers", "/v1/models", 403),
        ("/v1/providers", "/v1/prov*", 200),
    ],
)
async def test_a_key_confined_to_paths_is_so_in_lists_too(
    path: str, allowed: str, status: int
) -> None:
    key = key_spec(allowed_paths=(allowed,), scopes=frozenset({"models.read"}))
    answer = await asked(path, *bearer().items(), key=key)
    assert answer.status == status
    assert (b"path_not_allowed" in answer.body) is (status == 403)


@pytest.mark.parametrize(
    ("path", "scope", "status"),
    [
        ("/v1/providers", "models.read", 200),
        ("/v1/providers", "provider.read", 200),
        ("/v1/providers", "inference", 403),
        ("/v1/models", "models.read", 200),
        ("/v1/models", "provider.read", 403),
    ],
)
async def test_lists_need_their_scope(path: str, scope: str, status: int) -> None:
    answer = await asked(path, *bearer().items(), key=key_spec(scopes=frozenset({scope})))
    assert answer.status == status
    assert (b"scope_missing" in answer.body) is (status == 403)


async def test_whoever_asks_for_nothing_hears_what_there_is() -> None:
    answer = await asked("/v1/answers/" + "x" * 60_000, method="POST")
    message = msgspec.json.decode(answer.body)["error"]["message"]
    assert message.startswith("/v1/answers/xx")
    assert "/v1/messages/count_tokens, " in message
    assert message.endswith(", /v1/models and /v1/providers.")
    assert len(message) < 1_000


async def test_a_wrong_method_is_told_the_right_one() -> None:
    answer = await asked("/v1/models", *bearer().items(), method="POST")
    assert (answer.status, answer.headers[b"allow"]) == (405, b"GET, HEAD")
    assert b"use GET, HEAD" in answer.body


@pytest.mark.parametrize(
    ("method", "path"), [("HEAD", "/api/hello"), ("POST", "/api/event_logging/batch")]
)
async def test_probes_of_agents_need_no_key(method: str, path: str) -> None:
    assert (await asked(path, method=method)).status == 200
