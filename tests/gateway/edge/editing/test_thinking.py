"""Nobody is asked to think where that is switched off."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from gateway.edge.editing.features import Features
from gateway.edge.editing.thinking import FIELDS, without_thinking
from protocols import ir
from tests.gateway.edge.dialects import BODIES, PATHS, vendor, whole
from tests.gateway.edge.house import House, told_by

OFF: Final = Features(thinking=False)
CLAUDE: Final = "additionalModelRequestFields"
ON: Final[Any] = [
    ("openai.chat", {"thinking": {"type": "enabled"}}),
    ("openai.chat", {"reasoning": {"effort": "high", "exclude": True}}),
    ("openai.chat", {"reasoning": {"effort": None, "max_tokens": 2_000}}),
    ("openai.chat", {"reasoning_effort": "low"}),
    ("openai.chat", {"enable_thinking": True, "thinking_budget": 500}),
    ("openai.chat", {"chat_template_kwargs": {"enable_thinking": True}}),
    ("openai.chat", {"extra_body": {"google": {"thinking_config": {"thinking_budget": 9}}}}),
    ("openai.chat", {"prompt_mode": "reasoning"}),
    ("openai.responses", {"reasoning": {"effort": "low"}}),
    ("anthropic.messages", {"thinking": {"type": "enabled", "budget_tokens": 2_000}}),
    ("anthropic.messages", {"output_config": {"effort": "high"}}),
    ("gemini.generate", {"generationConfig": {"thinkingConfig": {"thinkingBudget": 99}}}),
    ("bedrock.converse", {CLAUDE: {"reasoningConfig": {"type": "enabled"}}}),
    ("bedrock.converse", {CLAUDE: {"reasoning_config": "high"}}),
    ("bedrock.converse", {CLAUDE: {"thinking": {"type": "enabled", "budget_tokens": 2_000}}}),
    ("bedrock.converse", {CLAUDE: {"output_config": {"effort": "high"}}}),
    ("bedrock.converse", {"outputConfig": {"effort": "high"}}),
]
NONE_ASKED: Final[Any] = [
    ("openai.chat", {"thinking": {"type": "disabled"}}),
    ("openai.chat", {"reasoning": {"enabled": False}}),
    ("openai.chat", {"reasoning_effort": "none"}),
    ("openai.chat", {"enable_thinking": False, "thinking_budget": 0}),
    ("openai.chat", {"chat_template_kwargs": {"enable_thinking": False, "x": {"thinking": 1}}}),
    ("anthropic.messages", {"thinking": {"type": "disabled"}}),
    ("bedrock.converse", {CLAUDE: {"reasoningConfig": {"type": "disabled"}}}),
]


async def sent(dialect: Any, said: dict[str, Any]) -> tuple[House, Any, Any]:
    gateway = House(whole(dialect), providers=(vendor(dialect),), features=OFF)
    body = msgspec.json.encode({**BODIES[dialect], **said})
    client = await gateway.ask(body, path=PATHS[dialect][False])
    assert client.status == 200, client.body
    return gateway, client, msgspec.json.decode(gateway.vendors.calls[0].body)


@pytest.mark.parametrize(("dialect", "said"), ON)
async def test_what_asks_for_thoughts_stays_here_and_is_named(
    dialect: Any, said: dict[str, Any]
) -> None:
    gateway, client, up = await sent(dialect, said)

    told = msgspec.json.encode(up)
    assert not any(word in told for word in (b"effort", b"think", b"reasoning"))
    assert not said.keys() & up.keys()
    assert client.headers[b"x-switchyard-degraded"] == b"reasoning"
    _, final = told_by(gateway)
    assert final.errand.degraded == ("reasoning",)


@pytest.mark.parametrize(("dialect", "said"), NONE_ASKED)
async def test_who_asks_for_no_thoughts_is_heard(dialect: Any, said: dict[str, Any]) -> None:
    _, client, up = await sent(dialect, said)

    assert {name: up[name] for name in said} == said
    assert b"x-switchyard-degraded" not in client.headers


def test_a_schema_may_have_a_property_called_so() -> None:
    schema = Raw(b'{"properties":{"reasoning":{"type":"string"},"thinking":{"type":"string"}}}')
    extra = {"guided_json": schema, "google": Raw(b'"x"'), "extra_body": Raw(b"{}")}
    request = ir.Request(dialect="openai.chat", model="m", messages=(), extra=extra)
    assert without_thinking(request) == (request, ())


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["none", "high", "disabled"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "effort", "google", "thinking"]), inner, max_size=3
        )
    ),
    max_leaves=9,
)


@given(
    st.dictionaries(
        st.sampled_from([*sorted(FIELDS), "extra_body", "google", "output_config", "x"]), VALUES
    )
)
def test_what_is_left_asks_for_nothing_and_all_else_is_as_it_was(said: dict[str, Any]) -> None:
    extra = {name: Raw(msgspec.json.encode(value)) for name, value in said.items()}
    request = ir.Request(dialect="openai.chat", model="m", messages=(), extra=extra or None)
    left, losses = without_thinking(request)
    assert without_thinking(left) == (left, ())
    assert (left == request) == (not losses)
    assert {loss.code for loss in losses} <= {"reasoning"}
    assert (left.extra or {}).get("x") == extra.get("x")
    assert set(left.extra or {}) | {loss.path.partition(".")[0] for loss in losses} == set(extra)
