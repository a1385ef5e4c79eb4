from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.fields import Fields, read_body

TABLE = {"a": 1, "b": 2}


def body(**said: object) -> Fields:
    return read_body(msgspec.json.encode(said))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: body(x=5).text("x"), "x is 5; expected a string"),
        (lambda: body(x=True).text("x"), "x is true; expected a string"),
        (lambda: body(x=["a"]).text("x"), "x is a list; expected a string"),
        (lambda: body(x={"a": 1}).text("x"), "x is an object; expected a string"),
        (lambda: body().required_text("x"), "x is missing; expected a string"),
        (lambda: body(x=None).required_text("x"), "x is missing; expected a string"),
        (lambda: body(x="hot").number("x"), "x is 'hot'; expected a number"),
        (lambda: body(x="h" * 99).number("x"), f"x is '{'h' * 40}…'; expected a number"),
        (lambda: body(x=False).number("x"), "x is false; expected a number"),
        (lambda: body(x=1.5).whole("x"), "x is 1.5; expected a whole number"),
        (lambda: body(x="yes").flag("x"), "x is 'yes'; expected true or false"),
        (lambda: body(x=1).flag("x"), "x is 1; expected true or false"),
        (lambda: body(x="c").choice("x", TABLE), "x is 'c'; expected a or b"),
        (lambda: body(x=[1]).object("x"), "x is a list; expected an object"),
        (lambda: [*body(x="a").items("x")], "x is 'a'; expected a list"),
        (lambda: next(body(x=[1]).items("x")).fields(), "x[0] is 1; expected an object"),
        (
            lambda: next(body(x=[{"y": 1}]).items("x")).fields().text("y"),
            "x[0].y is 1; expected a string",
        ),
        (lambda: body(x={"a": 1}).texts("x"), "x.a is 1; expected a string"),
    ],
)
def test_a_message_says_what_stands_where(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ask()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("bytes_", "message"),
    [
        (b"", "the body is empty; expected an object"),
        (b"[1]", "the body is a list; expected an object"),
        (b'"a"', "the body is 'a'; expected an object"),
        (b'"a', "the body is no JSON: Input data was truncated"),
        (b"{", "the body is no JSON: Input data was truncated"),
        (b'{"a":tru}', "the body is no JSON: invalid character"),
        (b'{"a":1}}', "the body is no JSON: trailing characters"),
        (b'{"a":"\xff"}', "the body is not UTF-8 (byte 6)"),
        (b'{"a":' + b"[" * 100_000, "the body is nested too deeply"),
        (b"\xef\xbb\xbf{}", "the body is \ufeff{}; expected an object"),
    ],
)
def test_a_body_that_is_none_is_refused(bytes_: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read_body(bytes_)
    assert str(caught.value) == message


def test_numbers_out_of_range_are_refused() -> None:
    fields = read_body(b'{"big":1e999,"long":%b}' % (b"1" * 5000))
    with pytest.raises(DecodeError, match=r"^big is no JSON: Number out of range$"):
        fields.number("big")
    with pytest.raises(DecodeError, match=r"^long is no JSON: "):
        fields.whole("long")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(DecodeError):
        read_body(b'{"a":"\\ud800"}').text("a")


def test_values_are_read() -> None:
    fields = body(
        text="t",
        number=1.5,
        whole=2,
        even=4.0,
        flag=True,
        word="b",
        object={"a": "x"},
        items=[1, 2],
    )
    assert (fields.text("text"), fields.number("number")) == ("t", 1.5)
    assert (fields.whole("whole"), fields.whole("even")) == (2, 4)
    assert (fields.flag("flag"), fields.choice("word", TABLE)) == (True, 2)
    assert fields.texts("object") == {"a": "x"}
    assert [item.raw for item in fields.items("items")] == [Raw(b"1"), Raw(b"2")]
    assert fields.rest() is None


def test_null_and_absent_are_not_said() -> None:
    fields = body(x=None)
    asked = (fields.text, fields.number, fields.whole, fields.flag, fields.object, fields.item)
    for ask in asked:
        assert ask("x") is None
        assert ask("y") is None
    assert fields.choice("x", TABLE) is None
    assert fields.texts("x") is None
    assert [*fields.items("x")] == []
    assert not fields.has("x")


def test_what_nobody_asked_for_is_left_byte_for_byte() -> None:
    fields = read_body(b' { "a" : 1.0 , "b": [1 , 2], "c": null}')
    fields.raw("a")
    assert fields.rest() == {"b": Raw(b"[1 , 2]"), "c": Raw(b"null")}


def test_what_is_left_of_an_inner_object_is_put_back() -> None:
    fields = body(x={"a": "t", "b": 1}, y={"a": "t"})
    for key in ("x", "y"):
        inner = fields.object(key)
        assert inner is not None
        inner.text("a")
        fields.put_back_rest(key, inner)
    assert fields.rest() == {"x": Raw(b'{"b":1}')}


def test_a_key_given_twice_is_the_last() -> None:
    assert read_body(b'{"a":"1","a":"2"}').text("a") == "2"


@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_nothing_but_a_refusal_leaves(bytes_: bytes) -> None:
    with suppress(DecodeError):
        fields = read_body(bytes_)
        for name in fields.names():
            fields.raw(name)


def test_a_number_out_of_range_is_no_text() -> None:
    with pytest.raises(DecodeError, match="a is 1e999; expected a string"):
        Fields(b'{"a":1e999}', "").text("a")


def test_what_was_not_there_is_not_put_back() -> None:
    fields = Fields(b'{"a":1}', "")
    fields.put_back("b", fields.raw("b"))
    fields.put_back("a", fields.raw("a"))
    assert fields.rest() == {"a": Raw(b"1")}
