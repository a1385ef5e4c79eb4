from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.json_limits import (
    FEW_STRINGS,
    LARGE,
    MAX_DEPTH,
    MAX_NUMBER_CHARS,
    MAX_OBJECTS,
    MAX_PIECES,
    POSITION_WITHIN,
    JsonRefused,
    check_structure,
    is_crowded,
    read_json,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=30,
)


def refusal(body: bytes) -> JsonRefused:
    with pytest.raises(JsonRefused) as caught:
        read_json(body)
    return caught.value


@given(value=VALUES)
def test_what_was_encoded_is_read(value: object) -> None:
    assert read_json(msgspec.json.encode(value)) == value


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(body: bytes) -> None:
    with suppress(JsonRefused):
        read_json(body)


@given(
    depth=st.integers(1, 200), opening=st.lists(st.sampled_from("[{"), min_size=200, max_size=200)
)
def test_depth_is_counted_exactly(depth: int, opening: list[str]) -> None:
    pairs = {"[": ("[", "]"), "{": ('{"k":', "}")}
    body = "".join(pairs[kind][0] for kind in opening[:depth]) + "1"
    body += "".join(pairs[kind][1] for kind in reversed(opening[:depth]))
    if depth <= MAX_DEPTH:
        read_json(body.encode())
    else:
        assert refusal(body.encode()).reason == "too_deep"


def test_the_place_of_the_bracket_that_is_too_deep_is_named() -> None:
    refused = refusal(b'{"a":"[[[",  "b":' + b"[" * 80 + b"]" * 80 + b"}")
    assert refused.reason == "too_deep"
    assert refused.position == 17 + MAX_DEPTH - 1
    assert "(byte 80)" in str(refused)


def test_a_place_far_inside_is_not_searched_for() -> None:
    padding = b'"' + b"x" * POSITION_WITHIN + b'",'
    assert refusal(b"[" + padding + b"[" * 80 + b"]" * 80 + b"]").position is None
    assert refusal(b"[" + padding + b"1" * 500 + b"]").position is None


@pytest.mark.parametrize(
    "text",
    ["[" * 100, "}" * 100, '\\"[' * 50, "\\\\", '\\\\\\"[' * 70, '"quoted" [' * 90],
)
def test_brackets_in_strings_are_no_structure(text: str) -> None:
    body = msgspec.json.encode({"prompt": text, "digits": "1" * 1000, text: 1})
    check_structure(body)
    assert read_json(body)["prompt"] == text


def test_wide_is_not_deep() -> None:
    assert len(read_json(b"[" + b",".join([b"[[[[[]]]]]"] * 50_000) + b"]")) == 50_000


def test_a_number_may_have_400_characters_and_no_more() -> None:
    read_json(b'{"a": 0.' + b"1" * (MAX_NUMBER_CHARS - 2) + b"}")
    refused = refusal(b'{"a": 0.' + b"1" * (MAX_NUMBER_CHARS - 1) + b"}")
    assert refused.reason == "number_too_long"
    assert refused.position == 6


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_is_no_number_is_named(literal: bytes) -> None:
    refused = refusal(b'{"temperature":' + literal + b"}")
    assert refused.reason == "not_a_number"
    assert refused.position in {15, 16}


def test_a_key_given_twice_at_the_top_is_refused_however_it_is_spelled() -> None:
    for second in (b'"model"', b'"mod\\u0065l"'):
        refused = refusal(b'{"model":"cheap",' + second + b':"dear"}')
        assert refused.reason == "duplicate_key"
        assert "'model'" in str(refused)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":1,}', b'"\xff"', b'"\\ud800"', b"1e999", b"[1] 2", b"\xef\xbb\xbf{}"]
)
def test_broken_json_is_refused_as_such(body: bytes) -> None:
    assert refusal(body).reason == "malformed"


IMAGE = b'"image":"' + b"A1" * (LARGE // 2) + b'"'
DEEP = b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
LONG = b"1" * (MAX_NUMBER_CHARS + 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{" + IMAGE + b"}", None),
        (b"{" + IMAGE + b',"note":"' + DEEP + LONG + b'"}', None),
        (b"{" + IMAGE + b',"note":"\\""}', None),
        (
            b"{" + IMAGE + b"," + b",".join(b'"k%d":"[{"' % n for n in range(FEW_STRINGS)) + b"}",
            None,
        ),
        (b"{" + IMAGE + b',"deep":' + DEEP + b"}", "too_deep"),
        (b'{"quote":"\\"",' + IMAGE + b',"deep":' + DEEP + b"}", "too_deep"),
        (b'{"long":' + LONG + b"," + IMAGE + b"}", "number_too_long"),
        (b"{" + IMAGE + b',"open":"', "malformed"),
    ],
)
def test_a_large_body_is_judged_like_a_small_one(body: bytes, reason: str | None) -> None:
    assert len(body) >= LARGE
    if reason is None:
        assert "image" in read_json(body)
    else:
        assert refusal(body).reason == reason


def test_a_conversation_has_so_many_pieces() -> None:
    part = b'{"role":"user","parts":[{"text":"{{\\"{{"}]}'
    halves = MAX_PIECES // 2
    assert not is_crowded(b"[" + b",".join([part] * halves) + b"]")
    assert is_crowded(b"[" + b",".join([part] * (halves + 1)) + b"]")


def test_what_a_piece_holds_deep_down_is_not_counted_but_bounded() -> None:
    def result(rows: int) -> bytes:
        row = b'{"response":{"rows":[' + b",".join([b'{"a":1}'] * rows) + b"]}}"
        return b'[{"parts":[{"functionResponse":' + row + b"}]}]"

    assert not is_crowded(result(MAX_PIECES * 2))
    assert is_crowded(result(MAX_OBJECTS + 1))


def test_braces_in_texts_are_none() -> None:
    assert not is_crowded(msgspec.json.encode([{"text": '{"' * MAX_OBJECTS}]))


def test_what_is_no_json_is_crowded() -> None:
    assert is_crowded(b"}" + b"{" * (MAX_PIECES + 1))
