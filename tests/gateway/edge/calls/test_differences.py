"""What a record says of the way from a client's body to the vendor's."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.calls.differences import MOST_FIELDS, NO_DIFFERENCE, PARAMETERS, difference_of
from gateway.edge.editing.splices import OBJECT
from gateway.edge.egress.upstream import Disconnected
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, GENERATE
from gateway.spool.frames import MAX_PAYLOAD_BYTES, Change, Difference, encode
from protocols.ir import Dialect
from tests.gateway.edge.dialects import DIALECTS, PAIRS, PATHS, question, vendor, whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    Client,
    Said,
    candidate,
    exchange,
    provider,
    target,
)

TEXTS = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(10**9, 10**18), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["metadata", "user", "phone", "system", "messages", "temperature"])


def compared(
    was: dict[str, Any], now: dict[str, Any] | bytes, *, operation: Operation = CHAT, to: str = "m"
) -> Difference | None:
    kind = "gemini" if operation is GENERATE else "openai"
    chosen = candidate(provider(kind=kind), target(upstream=to), operation=operation)
    body = msgspec.json.encode(was)
    made = exchange(Client(), chosen, body=body, operation=operation)
    made.top, made.model = OBJECT.decode(body), was.get("model", "m")
    return difference_of(made, chosen, now if isinstance(now, bytes) else msgspec.json.encode(now))


def fields(*changes: Change, more: int = 0) -> Difference:
    return Difference(changes, more)


def test_nothing_differs_where_all_is_the_same_in_another_order() -> None:
    said = {"model": "m", "messages": [{"role": "user"}], "n": 1}

    assert compared(said, dict(reversed(said.items()))) is NO_DIFFERENCE


def test_the_model_is_named_and_parameters_have_their_values() -> None:
    was = {"model": "fast", "max_tokens": 1024, "stream": True, "top_p": None}
    now = {"model": "gpt-5-mini", "max_completion_tokens": 1024, "stream": False}

    assert compared(was, now, to="gpt-5-mini") == fields(
        Change("model", 6, 12, "fast", "gpt-5-mini"),
        Change("max_tokens", 4, None, "1024"),
        Change("stream", 4, 5, "true", "false"),
        Change("top_p", 4, None, "null"),
        Change("max_completion_tokens", None, 4, None, "1024"),
    )


def test_of_texts_objects_and_lists_there_are_sizes() -> None:
    was = {"model": "m", "messages": ["Hi"], "user": "Ann", "stop": "no"}
    now = {"model": "m", "messages": [], "user": "Bob", "system": "Be kind.", "stream_options": {}}

    assert compared(was, now) == fields(
        Change("messages", 6, 2),
        Change("user", 5, 5),
        Change("stop", 4, None),
        Change("system", None, 10),
        Change("stream_options", None, 2),
    )


@pytest.mark.parametrize("name", ["phone", "metadata"])
def test_a_number_that_is_no_parameter_has_no_value(name: str) -> None:
    assert compared({"model": "m", name: 13800138000}, {"model": "m"}) == fields(
        Change(name, 11, None)
    )


def test_a_text_or_a_long_number_of_a_parameter_has_no_value() -> None:
    was = {"model": "m", "n": "two", "seed": int("7" * 33)}

    assert compared(was, {"model": "m"}) == fields(Change("n", 5, None), Change("seed", 33, None))


def test_a_model_in_the_path_is_a_field_without_bytes() -> None:
    assert compared({"model": "fast"}, {}, to="pro") == fields(
        Change("model", 6, None, "fast", "pro")
    )
    assert compared({"contents": []}, {"contents": []}, operation=GENERATE) is NO_DIFFERENCE
    assert compared({"contents": []}, {"contents": []}, operation=GENERATE, to="pro") == fields(
        Change("model", None, None, "m", "pro")
    )


def test_who_names_no_model_is_sent_none() -> None:
    chosen = candidate(provider(), target(upstream="gpt-5"))
    made = exchange(Client(), chosen, body=b'{"previous_response_id":"resp_1"}')
    made.model = ""
    assert difference_of(made, chosen, made.body) is NO_DIFFERENCE


def test_the_same_name_in_the_path_is_a_difference_too() -> None:
    assert compared({"model": "m"}, {}) == fields(Change("model", 3, None, "m", "m"))


def test_what_is_no_object_is_not_compared() -> None:
    assert compared({"model": "m"}, b"--boundary") is None


def test_there_are_at_most_so_many_and_names_are_cut() -> None:
    long: dict[str, Any] = {f"{'字' * 70}{number}\0": [] for number in range(MOST_FIELDS + 3)}

    found = compared({"model": "m", **long}, {"model": "m"})

    assert found is not None
    assert (len(found.fields), found.more) == (MOST_FIELDS, 3)
    assert all(change.field == "字" * 64 for change in found.fields)


@given(
    was=st.dictionaries(NAMES, VALUES, max_size=6), now=st.dictionaries(NAMES, VALUES, max_size=6)
)
def test_never_a_word_of_what_is_said(was: dict[str, Any], now: dict[str, Any]) -> None:
    found = compared({"model": "m", **was}, {"model": "m", **now})

    assert found is not None
    differing = {
        name
        for name in was.keys() | now.keys()
        if (name in was) != (name in now)
        or msgspec.json.encode(was.get(name)) != msgspec.json.encode(now.get(name))
    }
    assert {change.field for change in found.fields} == differing
    for change in found.fields:
        for value in (change.was_value, change.now_value):
            assert value in {None, "null"} or change.field in PARAMETERS
            assert value is None or value.isascii()


async def test_a_native_body_that_goes_up_as_it_came_has_no_difference() -> None:
    house = House(Said(CHAT_ANSWER))

    await house.ask(b'{"model":"m","messages":[{"role":"user"}]}')

    [start], end = told_by(house)
    assert end.outcome.difference == NO_DIFFERENCE
    assert start.errand.target_dialect == end.errand.target_dialect == "openai.chat"


async def test_what_was_spliced_is_told_and_nothing_else() -> None:
    spec = provider(targets=(target(upstream="gpt-5-mini"),))
    house = House(Said(CHAT_ANSWER), providers=(spec,))
    body = b'{ "model" : "m", "messages" : [ {"role": "user"} ], "disable_fallbacks": true }'

    await house.ask(body)

    _, end = told_by(house)
    assert end.outcome.difference == fields(
        Change("model", 3, 12, "m", "gpt-5-mini"), Change("disable_fallbacks", 4, None, "true")
    )


@pytest.mark.parametrize(("asks", "speaks"), [*PAIRS, *((one, one) for one in DIALECTS)])
async def test_every_lane_says_what_differs_from_what_was_sent(
    asks: Dialect, speaks: Dialect
) -> None:
    house = House(whole(speaks), providers=(vendor(speaks),))

    await house.ask(question(asks, stream=False), path=PATHS[asks][False])

    _, end = told_by(house)
    [call] = house.vendors.calls
    was, now = msgspec.json.decode(question(asks, stream=False)), msgspec.json.decode(call.body)
    difference = end.outcome.difference
    assert difference is not None
    assert end.errand.target_dialect == speaks
    differing = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
    assert differing - {"model"} <= {change.field for change in difference.fields}
    assert all(len(encode(frame)) < MAX_PAYLOAD_BYTES / 4 for frame in house.notebook.frames)


async def test_each_attempt_has_a_difference_of_its_own() -> None:
    first = provider(slug="first", targets=(target(upstream="one"),))
    second = provider(slug="second", targets=(target(upstream="two"),))
    house = House(Disconnected("gone", sent=False), Said(CHAT_ANSWER), providers=(first, second))

    await house.ask(b'{"model":"m","messages":[{"role":"user"}]}')

    told = [end.outcome.difference for end in house.notebook.ends]
    assert sorted(told, key=str) == [
        fields(Change("model", 3, 5, "m", "one")),
        fields(Change("model", 3, 5, "m", "two")),
    ]


async def test_what_was_never_sent_has_none() -> None:
    house = House()

    await house.ask(b'{"model":"nobody-has-it","messages":[{"role":"user"}]}')

    _, end = told_by(house)
    assert (end.outcome.difference, end.errand.target_dialect) == (None, "")
