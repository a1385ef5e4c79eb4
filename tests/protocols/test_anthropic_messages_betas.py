"""A beta that a target lacks, and the fields that only it brings."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic_messages.betas import cleared, judged
from protocols.codec import Target
from providers.vendor_tables import FIELDS

NOT_ANY = Target(model="m", vendor="anthropic", betas=frozenset(), beta_fields=dict(FIELDS))
POINT = {"type": "ephemeral", "ttl": "1h"}
SHORT = {"type": "ephemeral"}
LONG_CACHE = "extended-cache-ttl-2025-04-11"


def left(said: object, *dropped: str, kept: tuple[str, ...] = ()) -> tuple[Any, list[str]]:
    body, losses = cleared(msgspec.json.encode(said), NOT_ANY, kept=kept, dropped=dropped)
    return msgspec.json.decode(body), [loss.code for loss in losses]


def test_who_takes_any_beta_drops_none() -> None:
    anybody = Target(model="m", vendor="anthropic")
    assert judged("a-1, b-2 ,,a-1", anybody) == (("a-1", "b-2"), ())


def test_of_a_list_the_known_ones_stay_in_their_order() -> None:
    picky = Target(model="m", vendor="anthropic", betas=frozenset({"a", "c"}))
    assert judged("c,b,a", picky) == (("c", "a"), ("b",))


@pytest.mark.parametrize(
    ("beta", "said", "after", "code"),
    [
        (
            "context-management-2025-06-27",
            {"context_management": {"edits": []}, "max_tokens": 1},
            {"max_tokens": 1},
            "other:context_management",
        ),
        (
            "task-budgets-2026-03-13",
            {"output_config": {"effort": "low", "task_budget": {"total": 9}}},
            {"output_config": {"effort": "low"}},
            "other:output_config",
        ),
        ("effort-2025-11-24", {"output_config": {"effort": "low"}}, {}, "effort"),
        ("structured-outputs-2025-11-13", {"output_format": {"type": "json_schema"}}, {}, "schema"),
        (
            "tool-search-tool-2025-10-19",
            {"tools": [{"name": "a", "defer_loading": True}, {"name": "b"}]},
            {"tools": [{"name": "a"}, {"name": "b"}]},
            "other:tools",
        ),
    ],
)
def test_a_field_goes_with_its_beta(
    beta: str, said: dict[str, Any], after: dict[str, Any], code: str
) -> None:
    assert left(said, beta) == (after, [f"other:{beta}", code])


def test_a_cache_point_loses_its_lifetime_wherever_it_stands() -> None:
    said = {
        "cache_control": POINT,
        "system": [{"type": "text", "text": "s", "cache_control": POINT}],
        "tools": [{"name": "f", "cache_control": POINT, "input_schema": {"cache_control": POINT}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "ttl", "cache_control": POINT}]},
            {"role": "assistant", "content": [{"input": {"cache_control": POINT}}]},
            {"role": "user", "content": "ttl"},
        ],
    }
    after, codes = left(said, LONG_CACHE)
    assert codes == [f"other:{LONG_CACHE}", "cache"]
    assert after == {
        "cache_control": SHORT,
        "system": [{"type": "text", "text": "s", "cache_control": SHORT}],
        "tools": [{"name": "f", "cache_control": SHORT, "input_schema": {"cache_control": POINT}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "ttl", "cache_control": SHORT}]},
            {"role": "assistant", "content": [{"input": {"cache_control": POINT}}]},
            {"role": "user", "content": "ttl"},
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"max_tokens":1.0}',
        b'{"cache_control":"ttl"}',
        b'{"system":[{"cache_control":{"type":"ephemeral"}}],"a":"ttl"}',
        b'{"output_config":[1],"tools":5}',
        b'{"output_config":{"effort":"low"},"tools":[{"name":"f"}]}',
    ],
)
def test_what_is_not_there_changes_no_byte(body: bytes) -> None:
    dropped = (LONG_CACHE, "task-budgets-2026-03-13", "tool-examples-2025-10-29", "new-2027-01-01")
    same, losses = cleared(body, NOT_ANY, kept=(), dropped=dropped)
    assert same is body
    assert [loss.code for loss in losses] == [f"other:{beta}" for beta in dropped]


NAMES = st.sampled_from(["cache_control", "ttl", "scope", "tools", "output_config", "input", "a"])
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.just("ttl"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_gone_is_gone_at_once(said: dict[str, Any]) -> None:
    dropped = ("extended-cache-ttl-2025-04-11", "prompt-caching-scope-2026-01-05", "tool-examples")
    body, _ = cleared(msgspec.json.encode(said), NOT_ANY, kept=(), dropped=dropped)
    again, losses = cleared(body, NOT_ANY, kept=(), dropped=dropped)
    assert again is body
    assert [loss.code for loss in losses] == [f"other:{beta}" for beta in dropped]


def test_numbers_beside_keep_their_spelling() -> None:
    body = b'{"temperature":1.0,"context_management":{},"top_k":1e2}'
    less, _ = cleared(body, NOT_ANY, kept=(), dropped=("context-management-2025-06-27",))
    assert less == b'{"temperature":1.0,"top_k":1e2}'


def test_a_field_that_another_beta_brings_too_stays() -> None:
    said: dict[str, Any] = {"context_management": {"edits": []}}
    kept = ("compact-2026-01-12",)
    beta = "context-management-2025-06-27"
    assert left(said, beta, kept=kept) == (said, [f"other:{beta}"])
