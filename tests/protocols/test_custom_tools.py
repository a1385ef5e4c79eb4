import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols.custom_tools import (
    PARAMETERS,
    InputReader,
    arguments_of,
    beside_grammar,
    description_of,
    input_of,
)
from protocols.ir import CustomTool

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LARK = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: WORD"}}
FLAT = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}


def described(description: str | None, form: object = None) -> str | None:
    raw = Raw(msgspec.json.encode(form)) if form else Raw()
    return description_of(CustomTool(name="t", description=description, format=raw))


def read(*pieces: str) -> str:
    reader = InputReader()
    return "".join(map(reader.feed, pieces)) + reader.close()


def test_the_function_takes_one_string() -> None:
    assert msgspec.json.decode(PARAMETERS)["required"] == ["input"]


@pytest.mark.parametrize("form", [LARK, FLAT])
def test_a_grammar_is_told_in_the_description(form: object) -> None:
    rule = "`input` must follow this lark grammar:\nstart: WORD"
    assert described("Patches.", form) == f"Patches.\n\n{rule}"
    assert described(None, form) == rule


def test_a_grammar_without_a_syntax_is_told_all_the_same() -> None:
    told = described(None, {"type": "grammar", "definition": "x"})
    assert told == "`input` must follow this grammar:\nx"


@pytest.mark.parametrize(
    ("form", "rest"),
    [
        (LARK, []),
        (FLAT, []),
        ({"type": "text"}, []),
        ({"type": "regex", "pattern": "a"}, ["pattern"]),
        ({**LARK, "odd": 1}, ["odd"]),
        ({"type": "grammar", "grammar": {"definition": "x", "odd": 1}}, ["odd"]),
        ({**FLAT, "odd": 1}, ["odd"]),
        ({"type": "grammar", "definition": 5}, ["definition"]),
    ],
)
def test_what_is_no_grammar_is_beside_it(form: object, rest: list[str]) -> None:
    assert [*beside_grammar(Raw(msgspec.json.encode(form)))] == rest
    assert beside_grammar(Raw()) == {}


def test_free_text_needs_no_rule() -> None:
    assert described("Patches.", {"type": "text"}) == "Patches."
    assert described(None) is None


@given(TEXTS)
def test_a_text_comes_back_out_of_its_arguments(text: str) -> None:
    assert input_of(arguments_of(text)) == text


@pytest.mark.parametrize("arguments", ["", "free", "[1]", '{"input":1}', '{"other":"a"}'])
def test_arguments_of_another_form_are_the_text(arguments: str) -> None:
    assert input_of(arguments) == read(arguments) == arguments


@given(TEXTS, st.sampled_from(["plain", "ascii"]), st.data())
def test_a_text_comes_out_bit_by_bit_however_it_was_cut(
    text: str, spelling: str, data: st.DataObject
) -> None:
    arguments = arguments_of(text)
    if spelling == "ascii":
        escaped = arguments.encode("utf-16-be")
        units = [escaped[at : at + 2].hex() for at in range(0, len(escaped), 2)]
        arguments = "".join(
            chr(int(unit, 16)) if int(unit, 16) < 128 else f"\\u{unit}" for unit in units
        )
    cuts = data.draw(st.lists(st.integers(0, len(arguments)), max_size=5).map(sorted))
    pieces = [arguments[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    assert read(*pieces) == text


def test_nothing_is_saved_up() -> None:
    reader = InputReader()
    pieces = ['{"inp', 'ut" : "ab', "c\\", "n\\ud83d", '\\ude00d"', "}"]
    assert [reader.feed(piece) for piece in pieces] == ["", "ab", "c", "\n", "😀d", ""]
    assert reader.close() == ""


def test_arguments_that_were_cut_off_are_told_as_far_as_they_came() -> None:
    assert read('{"input":"ab') == "ab"
    assert read('{"input":"ab\\ud83d') == "ab\ufffd"
    assert read('{"input":"ab\\') == "ab"
