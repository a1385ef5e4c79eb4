"""The web as one vendor searches it, asked of another: within the same limits, or with a loss."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir, web_search
from protocols.codec import Encoded
from protocols.ir import Dialect
from protocols.losses import Losses
from protocols.registry import UPSTREAM_CODECS
from providers.vendor_tables import TOOLS
from tests.protocols.corpus.exchanges import target_of

VENDORS: Final[dict[Dialect, str]] = {
    "openai.responses": "openai",
    "anthropic.messages": "anthropic",
    "gemini.generate": "gemini",
}
HERE: Final = {"type": "approximate", "country": "DE", "city": "Bonn"}
OF_CLAUDE: Final = {"type": "web_search_20250305", "name": "web_search"}


def asked(origin: str, kind: str, tool: Any, dialect: Dialect) -> Encoded:
    said = ir.ProviderTool(origin=origin, kind=kind, raw=Raw(msgspec.json.encode(tool)))
    turn = ir.Message(role="user", content=(ir.Text(text="hi"),))
    request = ir.Request(dialect="openai.chat", model="m", messages=(turn,), tools=(said,))
    vendor = VENDORS[dialect]
    target = replace(target_of(dialect), vendor=vendor, tools=TOOLS[vendor])
    return UPSTREAM_CODECS[dialect].encode_request(request, target, "attempt")


def tool_of(encoded: Encoded) -> Any:
    (tool,) = msgspec.json.decode(encoded.body)["tools"]
    return tool


def lost(encoded: Encoded) -> list[tuple[str, str]]:
    return [(loss.code, loss.path) for loss in encoded.losses]


def test_what_both_can_say_of_claudes_search_openais_says() -> None:
    said = {**OF_CLAUDE, "allowed_domains": ["a.example"], "user_location": HERE}
    encoded = asked("anthropic", "web_search_20250305", said, "openai.responses")
    assert tool_of(encoded) == {
        "type": "web_search",
        "filters": {"allowed_domains": ["a.example"]},
        "user_location": HERE,
    }
    assert lost(encoded) == []


def test_what_both_can_say_of_openais_search_claudes_says() -> None:
    filters = {"allowed_domains": ["a.example"]}
    said = {"type": "web_search", "filters": filters, "user_location": HERE}
    encoded = asked("openai", "web_search", said, "anthropic.messages")
    expected = {**OF_CLAUDE, "allowed_domains": ["a.example"], "user_location": HERE}
    assert tool_of(encoded) == expected
    assert lost(encoded) == []


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"max_uses": 1}, "provider_tool"),
        ({"blocked_domains": ["a.example"]}, "provider_tool"),
        ({"allowed_domains": ["a.example/blog"]}, "provider_tool"),
        ({"allowed_callers": ["direct"]}, "provider_tool"),
        ({"cache_control": {"type": "ephemeral"}}, "cache"),
    ],
)
def test_any_other_limit_of_claudes_search_is_a_loss(limit: Any, code: str) -> None:
    encoded = asked("anthropic", "web_search_20250305", {**OF_CLAUDE, **limit}, "openai.responses")
    assert tool_of(encoded) == {"type": "web_search"}
    assert lost(encoded) == [(code, f"tools[0].{name}") for name in limit]


def test_what_claudes_search_does_unasked_is_no_limit() -> None:
    said = {**OF_CLAUDE, "defer_loading": False, "max_uses": None}
    assert lost(asked("anthropic", "web_search_20250305", said, "openai.responses")) == []


def test_any_other_limit_of_openais_search_is_a_loss() -> None:
    said = {
        "type": "web_search",
        "filters": {"blocked_domains": ["b.example"], "allowed_domains": []},
        "search_context_size": "low",
        "external_web_access": False,
    }
    encoded = asked("openai", "web_search", said, "anthropic.messages")
    assert tool_of(encoded) == OF_CLAUDE
    assert lost(encoded) == [
        ("provider_tool", "tools[0].filters.blocked_domains"),
        ("provider_tool", "tools[0].search_context_size"),
        ("provider_tool", "tools[0].external_web_access"),
    ]
    odd = {"type": "web_search", "filters": ["a.example"]}
    assert lost(asked("openai", "web_search", odd, "anthropic.messages")) == [
        ("provider_tool", "tools[0].filters")
    ]


def test_googles_search_has_no_limit_that_others_know() -> None:
    said = {"allowed_domains": ["a.example"], "user_location": HERE, "max_uses": 2}
    encoded = asked("anthropic", "web_search_20250305", {**OF_CLAUDE, **said}, "gemini.generate")
    assert tool_of(encoded) == {"googleSearch": {}}
    assert lost(encoded) == [("provider_tool", f"tools[0].{name}") for name in said]
    own = {"googleSearch": {"excludeDomains": ["b.example"]}}
    encoded = asked("gemini", "googleSearch", own, "openai.responses")
    assert tool_of(encoded) == {"type": "web_search"}
    assert lost(encoded) == [("provider_tool", "tools[0].excludeDomains")]


@pytest.mark.parametrize("dialect", VENDORS)
@pytest.mark.parametrize(
    ("origin", "kind", "tool"),
    [
        (
            "openai",
            "web_search",
            {
                "type": "web_search",
                "filters": None,
                "search_context_size": "medium",
                "external_web_access": True,
                "user_location": None,
            },
        ),
        ("anthropic", "web_search_20250305", {**OF_CLAUDE, "max_uses": None}),
        ("gemini", "googleSearch", {"googleSearch": {}}),
    ],
)
def test_a_search_without_limits_loses_nothing(
    origin: str, kind: str, tool: Any, dialect: Dialect
) -> None:
    if VENDORS[dialect] != origin:
        assert lost(asked(origin, kind, tool, dialect)) == []


def test_a_search_of_somebody_else_has_no_limits_we_know() -> None:
    losses = Losses()
    tool = ir.ProviderTool(origin="x", kind="k", raw=Raw(b'{"type":"k","allowed_domains":["a"]}'))
    assert web_search.fitted(tool, b'{"type":"w"}', losses, "tools[0]", of="openai") == Raw(
        b'{"type":"w"}'
    )
    assert [loss.code for loss in losses.found] == ["provider_tool"]
