"""Forms: where parts lie, and that nothing is accepted that another reader could read otherwise."""

from email import message_from_bytes
from email.message import Message
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import DecodeError
from protocols.multipart import MAX_PARTS, boundary_of, may_hold, read_form, rewritten

TYPE = "multipart/form-data; boundary=xyz"
WHOLE = (
    b'--xyz\r\nContent-Disposition: form-data; name="model"\r\n\r\nmine\r\n'
    b'--xyz\r\ncontent-disposition: form-data; name="file"; filename="a;b.mp3"\r\n'
    b"Content-Type: audio/mpeg\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff--xy\r\n-\r\n"
    b'--xyz\r\nContent-Disposition: form-data; name="empty"\r\n\r\n\r\n'
    b"--xyz--\r\n"
)


def part(name: str, value: bytes = b"v", *, more: str = "", headers: str = "") -> bytes:
    head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'
    return head.encode() + value + b"\r\n"


def test_parts_are_found_where_they_lie() -> None:
    form = read_form(TYPE, WHOLE)

    found = [(each.name, each.is_file, WHOLE[each.start : each.end]) for each in form.parts]
    assert found == [
        ("model", False, b"mine"),
        ("file", True, b"\x00\xff--xy\r\n-"),
        ("empty", False, b""),
    ]
    assert form.content_type == 'multipart/form-data; boundary="xyz"'


def test_only_what_is_replaced_differs() -> None:
    form = read_form(TYPE, WHOLE)

    body = rewritten(WHOLE, form, {"model": b"another", "absent": b"x"})

    assert body == WHOLE.replace(b"mine", b"another", 1)
    assert rewritten(WHOLE, form, {}) == WHOLE


def test_a_value_must_not_end_its_part() -> None:
    form = read_form(TYPE, WHOLE)
    assert may_hold(form, b"gpt-4")
    assert not may_hold(form, b"a\r\n--xyz--")


@pytest.mark.parametrize(
    ("said", "boundary"),
    [
        ("multipart/form-data; boundary=xyz", "xyz"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', "a b"),
        ("multipart/form-data;boundary=----WebKitFormBoundaryAbc", "----WebKitFormBoundaryAbc"),
        ('multipart/form-data; boundary="x', None),
    ],
)
def test_the_boundary_is_in_the_content_type(said: str, boundary: str | None) -> None:
    if boundary is None:
        with pytest.raises(DecodeError):
            boundary_of(said)
    else:
        assert boundary_of(said) == boundary


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("application/json", "must be multipart/form-data with a boundary"),
        ("", "must be multipart/form-data with a boundary"),
        ("multipart/form-data", "must name one boundary"),
        ("multipart/form-data; boundary=a; boundary=b", "must name one boundary"),
        ("multipart/form-data; boundary=", "has a boundary that is none"),
        (f"multipart/form-data; boundary={'a' * 71}", "has a boundary that is none"),
    ],
)
def test_a_content_type_without_one_boundary_is_refused(said: str, why: str) -> None:
    with pytest.raises(DecodeError, match=f"content-type {why}"):
        read_form(said, WHOLE)


END = b"--xyz--\r\n"
FILE = '; filename="x"'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "does not begin with its boundary"),
        (b"preamble\r\n" + part("a") + END, "does not begin with its boundary"),
        (part("a"), "a is not closed by the boundary"),
        (part("a", b"\n--xyz\n") + END, "has its boundary in the middle of a value"),
        (part("a", b"--xyz") + END, "has its boundary in the middle of a value"),
        (part("a")[:-2], "a is not closed by the boundary"),
        (part("a") + END + b"epilogue", "malformed at the boundary"),
        (part("a") + b"--xyzz--", "malformed at the boundary"),
        (b"--xyz \r\n" + part("a")[7:] + END, "malformed at the boundary"),
        (part("a").replace(b"\r\n", b"\n") + END, "malformed at the boundary"),
        (b"--xyz\r\n\r\nvalue\r\n" + END, "part 0 has no headers"),
        (b"--xyz\r\nContent-Disposition: form-data", "part 0 has no headers"),
        (b"--xyz\r\nA: b\r\n\r\nvalue\r\n" + END, "part 0 must have one content-disposition"),
        (b"--xyz\r\n folded\r\n\r\nvalue\r\n" + END, "part 0 has a header that is none"),
        (part("a", headers="X: a\x00b\r\n") + END, "part 0 has a header that is none"),
        (part("a", headers="X: a\nb\r\n") + END, "part 0 has a header that is none"),
        (
            part("a", headers='Content-Disposition: form-data; name="b"\r\n') + END,
            "part 0 must have one content-disposition",
        ),
        (part("a", headers="Content-Transfer-Encoding: base64\r\n") + END, "part 0 is encoded"),
        (part("a", more='; name="b"') + END, "part 0 says the same twice"),
        (part("a", more='; NAME="b"') + END, "part 0 says the same twice"),
        (part("a", more="; name*=utf-8''b") + END, "part 0 has no plain name"),
        (part('a\\"b') + END, "part 0 has no plain name"),
        (part("") + END, "part 0 has no plain name"),
        (part("a", more=" trailing") + END, "part 0 has a content-disposition that is no"),
        (part("a").replace(b"form-data", b"attachmen") + END, "content-disposition that is no"),
        (part("a") + part("a") + END, "a is there twice"),
        (part("a") + part("a", more=FILE) + END, "a is there twice"),
        (part("a", more=FILE) + part("a") + END, "a is there twice"),
        (part("a", more=FILE) * 2 + part("a") + END, "a is there twice"),
        (part("a", more=FILE) + part("a") + part("a", more=FILE) + END, "a is there twice"),
        (part("a") * (MAX_PARTS + 1) + END, "more than 256 parts"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read_form(TYPE, body)
    assert why in str(refused.value)


def test_lists_and_files_may_come_more_than_once() -> None:
    body = part("a[]") * 2 + part("a[]", more=FILE) + part("f", more=FILE) * 2 + END
    assert [each.name for each in read_form(TYPE, body).parts] == ["a[]", "a[]", "a[]", "f", "f"]


def test_a_token_need_not_be_quoted() -> None:
    body = part("a").replace(b'"a"', b"a ; filename*=utf-8''x") + END
    assert [(each.name, each.is_file) for each in read_form(TYPE, body).parts] == [("a", True)]


NAMES = st.text("abcxyz_[]-", min_size=1, max_size=8)
# What could be taken for a boundary, and what is beside it.
VALUES = st.lists(st.sampled_from([b"--xy", b"--xyz", b"\r\n", b"--", b"\r", b"\n", b"a", b"\0"]))


@given(st.lists(st.tuples(NAMES, VALUES.map(b"".join), st.booleans()), max_size=6))
def test_what_is_accepted_is_read_as_the_standard_library_reads_it(
    fields: list[tuple[str, bytes, bool]],
) -> None:
    body = b"".join(part(n, v, more='; filename="f"' if f else "") for n, v, f in fields) + END
    try:
        form = read_form(TYPE, body)
    except DecodeError:
        return
    read = message_from_bytes(b"Content-Type: " + TYPE.encode() + b"\r\n\r\n" + body)
    payload = read.get_payload()
    theirs = payload if isinstance(payload, list) else []
    assert [each.name for each in form.parts] == [_name(each) for each in theirs]
    # It takes bare ends of line for ends, too: compare what it has left.
    for ours, other in zip(form.parts, theirs, strict=True):
        value = other.get_payload(decode=True)
        assert isinstance(value, bytes)
        if b"\r" not in value and b"\n" not in value:
            assert body[ours.start : ours.end] == value


def _name(part: object) -> str:
    assert isinstance(part, Message)
    return str(part.get_param("name", header="content-disposition"))


@given(st.binary(max_size=400) | st.lists(st.sampled_from([
    b"--xyz", b"\r\n", b"--", b"Content-Disposition: form-data", b'; name="a"', b";", b'"', b"\\",
    b"\r\n\r\n", b"\x00", b" ", b"filename=", b"=", b":",
])).map(b"".join))  # fmt: skip
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        form = read_form(TYPE, body)
    except DecodeError:
        return
    assert rewritten(body, form, {}) == body
    ends = [0, *(each.end for each in form.parts)]
    assert all(end <= each.start <= each.end for end, each in zip(ends, form.parts, strict=False))


def test_reading_takes_time_in_proportion() -> None:
    """Of a body that almost ends in every line."""
    body = part("a", b"\r\n--xy" * 500_000) + END
    began = thread_time()
    read_form(TYPE, body)
    assert thread_time() - began < 0.5
