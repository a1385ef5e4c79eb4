"""Words in a body, however JSON spells them."""

import time
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.editing.spelling import holds, spelled

WORDS: Final = (b"think", b"cache_control")
SPELLED: Final = spelled(*WORDS)
OPENED: Final = spelled(b"c3kx", opening=b'"')


@given(st.sampled_from(WORDS), st.data())
def test_no_spelling_hides_a_word(word: bytes, data: st.DataObject) -> None:
    choices = [data.draw(st.sampled_from(("%c", r"\u%04x", r"\u%04X"))) for _ in word]
    body = ('{"a":"' + "".join(how % byte for how, byte in zip(choices, word, strict=True))) + '"}'
    assert word.decode() in msgspec.json.decode(body)["a"]
    assert holds(body.encode(), WORDS, SPELLED)


@given(st.text(st.characters(max_codepoint=0xD7FF)))
def test_what_nobody_says_is_not_found(said: str) -> None:
    words = [word.decode() for word in WORDS]
    body = b'{"a":"' + "".join(rf"\u{ord(char):04x}" for char in said).encode() + b'"}'
    assert msgspec.json.decode(body) == {"a": said}
    assert holds(body, WORDS, SPELLED) == any(word in said for word in words)


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        (rb'{"a":"\u0063\u0033kx"}', True),
        (rb'{"a":"c3\u006Bx"}', True),
        (rb'{"a":"xc3\u006Bx"}', False),
        (rb'{"a":"c3\u006Cx"}', False),
        (rb'{"a":"c3\u4e2dx"}', False),
    ],
)
def test_what_begins_a_string_is_found_there_alone(body: bytes, *, is_found: bool) -> None:
    assert (OPENED.search(body) is not None) is is_found


@pytest.mark.parametrize("filling", [b"A", b"\\u00e9", b"\\u0063", b"t", b"\\u0074hin"])
def test_a_large_body_is_looked_through_in_time(filling: bytes) -> None:
    body = b'{"a":"\\u0063' + filling * (8_388_608 // len(filling)) + b'"}'
    began = time.process_time()
    assert not holds(body, WORDS, SPELLED)
    assert OPENED.search(body) is None
    assert time.process_time() - began < 1.5
