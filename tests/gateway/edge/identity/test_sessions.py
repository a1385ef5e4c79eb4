"""Which conversation a request belongs to, as its client says."""

from typing import Any

import msgspec
import pytest

from gateway.edge.identity.sessions import agent_hashes, session_hash
from tests.gateway.edge.vendors import Client, exchange

KEY = b"k" * 32


def session(said: dict[str, Any] | None = None, headers: dict[bytes, bytes] | None = None) -> str:
    body = msgspec.json.encode({"model": "m", "messages": [], **(said or {})})
    return session_hash(exchange(Client(), body=body, headers=headers), hmac_key=KEY)


@pytest.mark.parametrize(
    "name", [b"x-session-id", b"x-claude-code-session-id", b"session-id", b"session_id"]
)
def test_a_header_names_the_session(name: bytes) -> None:
    named = session(headers={name: b"one"})

    assert len(named) == 16
    assert named == session(headers={b"x-session-id": b"one"})
    assert named != session(headers={name: b"other"})
    assert "one" not in named


def test_where_no_header_does_the_body_may() -> None:
    assert session({"prompt_cache_key": "one"}) == session(headers={b"session-id": b"one"})
    assert session({"metadata": {"user_id": "one"}}) == session(headers={b"session-id": b"one"})
    assert session({"prompt_cache_key": "one"}, {b"session-id": b"two"}) == session(
        headers={b"session-id": b"two"}
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"prompt_cache_key": 7},
        {"prompt_cache_key": ""},
        {"metadata": {"user_id": 7}},
        {"metadata": {}},
        {"metadata": None},
        {"prompt_cache_key": "x" * 257},
    ],
)
def test_what_is_no_name_is_no_session(said: dict[str, Any]) -> None:
    assert session(said) == ""


def test_tenants_do_not_share_sessions() -> None:
    asked = exchange(Client(), headers={b"session-id": b"one"})
    ours = session_hash(asked, hmac_key=KEY)
    asked.tenant = None

    assert session_hash(asked, hmac_key=KEY) != ours


def test_agents_and_who_started_them_are_told_apart() -> None:
    headers = {b"x-claude-code-agent-id": b"a", b"x-claude-code-parent-agent-id": b"b"}

    agent, parent = agent_hashes(exchange(Client(), headers=headers), hmac_key=KEY)

    assert agent
    assert parent
    assert agent != parent
    assert agent_hashes(exchange(Client()), hmac_key=KEY) == ("", "")
