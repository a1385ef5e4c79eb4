"""What a body names that its vendor keeps (protocols.md PR-31)."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.held import MARKS, MOST_NAMES, held_in, judged

GOOGLES = "https://generativelanguage.googleapis.com/v1beta/files/a"


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ({"a": [1, None, "x", {"file_id": 5, "text": "file_id"}]}, ()),
        ({"a": [{"file_id": "f"}]}, (("a[0].file_id", "f"),)),
        ({"a": {"file_ids": ["f", 5]}}, (("a.file_ids[0]", "f"),)),
        ({"a": {"file_ids": "odd"}}, ()),
        ({"container": "c"}, (("container", "c"),)),
        ({"container": {"id": "c"}}, (("container.id", "c"),)),
        ({"container": {"type": "auto", "id": None}}, ()),
        ({"audio": {"voice": {"id": "v"}}}, (("audio.voice.id", "v"),)),
        ({"voice": "alloy"}, ()),
        ({"a": {"fileUri": GOOGLES}}, (("a.fileUri", GOOGLES),)),
        ({"a": {"fileUri": "https://example.com/files/a"}}, ()),
        ({"a": {"cachedContent": "c"}}, (("a.cachedContent", "c"),)),
        ({"a": {"input": {"file_id": "f"}}}, ()),
        ({"a": {"type": "anthropic", "skill_id": "pptx"}}, ()),
        ({"a": {"type": 5, "skill_id": "s"}}, (("a.skill_id", "s"),)),
    ],
)
def test_each_name_is_found_with_its_place(said: Any, held: Any) -> None:
    assert held_in(said) == held
    if held:
        assert MARKS.search(msgspec.json.encode(said)) is not None


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"a": {"file_id": "x" * 257}}, "a.file_id"),
        ({"a": {"file_ids": ["x"] * (MOST_NAMES + 1)}}, f"a.file_ids[{MOST_NAMES}]"),
    ],
)
def test_what_can_be_no_name_is_refused(said: Any, path: str) -> None:
    with pytest.raises(DecodeError) as raised:
        held_in(said)
    assert raised.value.path == path


@pytest.mark.parametrize("text", [b'{"a":[1]}', b'{ "a": [1e0, "\\u00e9"] }', b"1e2"])
def test_what_is_said_once_is_read(text: bytes) -> None:
    assert judged({"f": Raw(text)}, "f", "g") == {"f": msgspec.json.decode(text)}


@pytest.mark.parametrize(
    "text", [b'{"a":1,"a":1}', b'[{"b":{"a":1e5,"\\u0061":0}}]', b'{"a":', b'"\xff"']
)
def test_what_is_said_twice_is_not(text: bytes) -> None:
    with pytest.raises(DecodeError) as raised:
        judged({"f": Raw(text)}, "f")
    assert raised.value.path == "f"
