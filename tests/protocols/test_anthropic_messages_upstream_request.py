"""What the dialect says itself, and what stands beside the messages."""

from typing import Any

import pytest
from msgspec import Raw

from protocols.codec import Memo
from providers.vendor_tables import FIELDS
from tests.protocols.anthropic_messages import (
    SCHEMA,
    SEARCH,
    SENT_F,
    TARGET,
    UPSTREAM,
    codes,
    encode,
    foreign,
    own,
    sent,
    target,
)


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": 1, "top_p": 1, "top_k": 5, "stop_sequences": [" "]},
        {"metadata": {"user_id": "u", "odd": 1}, "service_tier": "standard_only", "odd": {"a": 1}},
        {"tools": [SENT_F], "tool_choice": {"type": "none"}},
        {
            "tools": [
                {**SENT_F, "strict": False, "odd": 1},
                {"name": "g", "cache_control": {"a": 1}},
            ]
        },
        {
            "tools": [SEARCH, SENT_F],
            "tool_choice": {
                "type": "tool",
                "name": "web_search",
                "disable_parallel_tool_use": False,
                "odd": 1,
            },
        },
        {"thinking": {"type": "enabled", "budget_tokens": 20, "odd": 1}},
        {"thinking": {"type": "adaptive", "display": "omitted"}, "top_p": 0.95},
        {
            "thinking": {"type": "adaptive"},
            "tools": [SENT_F],
            "tool_choice": {"type": "any"},
            "output_config": {
                "effort": "low",
                "task_budget": {"total": 1},
                "format": {"type": "json_schema", "schema": SCHEMA, "odd": 1},
            },
        },
        {"output_config": {"effort": "odd"}},
        {"output_format": {"type": "json_schema", "schema": SCHEMA, "odd": 1}},
        {"container": "c", "mcp_servers": [{"type": "url"}], "stream": True},
    ],
)
def test_what_the_dialect_says_is_sent_as_it_is(said: dict[str, Any]) -> None:
    request = own(**said)
    body = sent(request)
    assert encode(request).losses == ()
    assert {key: body.get(key) for key in said} == said
    assert set(body) - set(said) == {"model", "max_tokens", "messages"}
    assert body["model"] == "claude"


def test_the_place_of_a_beta_becomes_the_usual_one() -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    assert sent(own(output_format=form))["output_config"] == {"format": form}


def test_versions_and_betas_go_along() -> None:
    request = own(
        headers={"anthropic-version": "2023-01-01", "anthropic-beta": "a-1, mcp-client-2025-04-04"},
        mcp_servers=[],
    )
    assert encode(request).headers == {
        "anthropic-version": "2023-01-01",
        "anthropic-beta": "a-1,mcp-client-2025-04-04",
    }
    assert encode(own()).headers == {"anthropic-version": "2023-06-01"}
    assert encode(foreign()).headers == {"anthropic-version": "2023-06-01"}


def test_a_beta_the_target_lacks_goes_with_its_fields() -> None:
    request = own(
        headers={"anthropic-beta": "context-management-2025-06-27,mcp-client-2025-04-04,odd-1"},
        context_management={"edits": []},
        mcp_servers=[{"type": "url"}],
    )
    to = target(betas=frozenset({"mcp-client-2025-04-04"}), beta_fields=FIELDS)
    body = sent(request, to)
    assert "context_management" not in body
    assert body["mcp_servers"] == [{"type": "url"}]
    assert encode(request, to).headers["anthropic-beta"] == "mcp-client-2025-04-04"
    assert codes(request, to) == [
        "other:context-management-2025-06-27",
        "other:context_management",
        "other:odd-1",
    ]
    assert "anthropic-beta" not in encode(request, target(betas=frozenset())).headers


def test_what_stands_beside_is_sent_or_lost() -> None:
    request = foreign(
        stream=True,
        end_user="u",
        service_tier="flex",
        cache_key="k",
        verbosity="low",
        metadata={"a": "b"},
        store=True,
        previous_response_id="r",
        modalities=("text", "audio"),
        extra={"logit_bias": Raw(b'{"1":2}'), "stream_options": Raw(b"{}")},
    )
    body = sent(request)
    assert (body["stream"], body["metadata"]) == (True, {"user_id": "u"})
    assert [(loss.code, loss.content) for loss in encode(request).losses] == [
        ("service_tier", False),
        ("cache_key", False),
        ("verbosity", False),
        ("metadata", False),
        ("store", False),
        ("other:previous_response_id", True),
        ("audio", True),
        ("logit_bias", False),
    ]


def test_what_is_usual_is_no_loss() -> None:
    request = foreign(service_tier="auto", verbosity="medium", metadata={}, store=False)
    assert set(sent(request)) == {"model", "max_tokens", "messages"}
    assert codes(request) == []
    refusing = target(refuses=frozenset({"service_tier"}))
    assert codes(own(service_tier="standard_only"), refusing) == ["service_tier"]


def test_the_dialect_has_a_codec() -> None:
    assert UPSTREAM.dialect == "anthropic.messages"
    assert encode(foreign(), TARGET).memo == Memo(seed="seed")
