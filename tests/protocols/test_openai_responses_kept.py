"""By which ids a vendor of Responses keeps things (protocols.md PR-31)."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.openai_responses.kept import MOST_ITEMS, Named, held_by, ids_of, named_by
from protocols.openai_responses.native import KEPT_ANSWERS


def top(**fields: Any) -> dict[str, Raw]:
    return {name: Raw(msgspec.json.encode(value)) for name, value in fields.items()}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"input": "Hi"}, Named()),
        ({"previous_response_id": None, "conversation": None}, Named()),
        ({"previous_response_id": "resp_1"}, Named(previous="resp_1")),
        ({"conversation": "conv_1"}, Named(conversation="conv_1")),
        ({"conversation": {"id": "conv_1"}}, Named(conversation="conv_1")),
        ({"conversation": {}}, Named()),
        ({"input": [{"type": "item_reference", "id": "a"}, {"id": "b"}]}, Named(items=("a", "b"))),
        ({"input": [{"id": "a"}, {"type": None, "id": "a"}]}, Named(items=("a",))),
        ({"input": [{"type": "message", "id": "a"}, {"role": "user", "id": "b"}]}, Named()),
        ({"input": [{"type": "item_reference"}, "odd", 5]}, Named()),
        ({"input": []}, Named()),
        ({}, Named()),
    ],
)
def test_a_request_names_what_it_goes_on_with(fields: dict[str, Any], named: Named) -> None:
    assert named_by(top(**fields)) == named


def test_each_id_has_its_field() -> None:
    named = Named(previous="r", conversation="c", items=("a", "b"))
    assert named.fields() == (
        ("previous_response_id", "r"),
        ("conversation", "c"),
        ("input", "a"),
        ("input", "b"),
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"previous_response_id": 5}, "previous_response_id"),
        ({"previous_response_id": ""}, "previous_response_id"),
        ({"conversation": {"id": 5}}, "conversation"),
        ({"input": [{"id": "x" * 257}]}, "input"),
        ({"input": [{"id": f"i{n}"} for n in range(MOST_ITEMS + 1)]}, "input"),
    ],
)
def test_what_can_be_no_name_is_refused(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(DecodeError) as raised:
        named_by(top(**fields))
    assert raised.value.path == path


@pytest.mark.parametrize(
    ("items", "held"),
    [
        ("Hi", ()),
        (["odd", {"id": 5, "type": "message"}, {"type": "item_reference", "id": "a"}], ()),
        ([{"role": "assistant", "id": "m", "content": "Hi"}], ()),
        ([{"role": "assistant", "id": "m", "content": []}], (("input[0].id", "m"),)),
        ([{"type": "image_generation_call", "id": "i", "content": "x"}], (("input[0].id", "i"),)),
        ([{"type": "image_generation_call", "id": "i", "result": "x"}], ()),
        ([{"type": "unheard_of", "id": "u", "result": "x"}], (("input[0].id", "u"),)),
        ([{"type": {}, "id": "u", "content": "x"}], (("input[0].id", "u"),)),
        (
            [{"type": "mcp_approval_response", "approval_request_id": "a"}],
            (("input[0].approval_request_id", "a"),),
        ),
        (
            [
                {"type": "mcp_approval_request", "id": "a", "name": "n"},
                {"type": "mcp_approval_response", "id": "b", "approval_request_id": "a"},
            ],
            (),
        ),
        (
            [
                {"type": "reasoning", "id": "r"},
                {"type": "message", "id": "r", "role": "user", "content": "x"},
            ],
            (("input[0].id", "r"),),
        ),
    ],
)
def test_only_what_is_not_told_whole_is_named_by_its_id(items: Any, held: Any) -> None:
    assert held_by(top(input=items)) == (held, ())


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ({"id": "r", "output": [{"id": "a"}, {}]}, ("r", "a")),
        ({"id": "r", "store": True, "conversation": {"id": "c"}}, ("r", "c")),
        ({"id": "r", "output": "odd"}, ("r",)),
        ({"id": "r", "output": [{"id": "a", "container_id": "c"}]}, ("r", "a", "c")),
        ({"id": "r" * 257, "output": [{"id": "a"}]}, ("a",)),
        ({"id": "r", "store": False, "output": [{"id": "a"}]}, ()),
        ({"id": None}, ()),
        ([], ()),
    ],
)
def test_an_answer_is_kept_under_its_names(answer: Any, ids: tuple[str, ...]) -> None:
    assert ids_of(msgspec.json.encode(answer)) == ids


def test_what_was_answered_before_is_neither_paid_for_nor_judged_again() -> None:
    failed = {"id": "r", "status": "failed", "error": {"message": "no"}, "usage": {}}
    body = msgspec.json.encode({**failed, "service_tier": "flex"})
    assert KEPT_ANSWERS.usage(body) == (None, None)
    assert KEPT_ANSWERS.tier(body) is None
    assert KEPT_ANSWERS.error_in_success(body) is None
    assert KEPT_ANSWERS.failed_stops == frozenset()
