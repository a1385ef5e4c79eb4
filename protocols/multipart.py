"""A multipart/form-data body, as far as a gateway needs it: where each part's value lies. Pure.

Laws: a body is accepted only if every reader agrees where its parts are and what they are called;
values are never copied, decoded or judged here; what is changed is cut out and replaced, every
other byte stays as it came; the cost is linear.

Readers disagree about bare ends of line, text before and after the parts, folded headers, two
spellings of a name and two parts of one name: all of these are refused. RFC 7578, RFC 2046 5.1.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from protocols.errors import DecodeError

MAX_PARTS: Final = 256
MAX_HEADER_BYTES: Final = 4_096
CRLF: Final = b"\r\n"
BLANK_LINE: Final = b"\r\n\r\n"
FORM_DATA: Final = "multipart/form-data"
BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
NAME: Final = re.compile(rb"[A-Za-z0-9_.\[\]-]{1,128}")
HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
PARAMETER: Final = re.compile(rb';[ \t]*([A-Za-z]+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^";\s]+))[ \t]*')
DISPOSITION: Final = b"form-data"
AS_IT_IS: Final = frozenset({b"binary", b"8bit", b"7bit"})
MANY: Final = "[]"  # names of lists, whose parts come as often as they have entries


class Part(Struct, frozen=True, kw_only=True):
    """One field; its value lies from `start` to `end`."""

    name: str
    is_file: bool
    start: int
    end: int


class Form(Struct, frozen=True, kw_only=True):
    boundary: str
    parts: tuple[Part, ...]

    @property
    def content_type(self) -> str:
        return f'{FORM_DATA}; boundary="{self.boundary}"'


def read_form(content_type: str, body: bytes) -> Form:
    """Raises DecodeError."""
    boundary = boundary_of(content_type)
    delimiter = b"--" + boundary.encode()
    if not body.startswith(delimiter):
        raise DecodeError("", f"The body does not begin with its boundary {boundary!r}")
    parts: list[Part] = []
    at = len(delimiter)
    while (line_end := body[at : at + 2]) == CRLF:
        if len(parts) == MAX_PARTS:
            raise DecodeError("", f"The body has more than {MAX_PARTS} parts")
        name, is_file, start = _headers(body, at, number=len(parts))
        end = body.find(CRLF + delimiter, start)
        if end < 0:
            raise DecodeError(name, "is not closed by the boundary: the body is cut short")
        parts.append(Part(name=name, is_file=is_file, start=start, end=end))
        at = end + len(CRLF) + len(delimiter)
    if line_end != b"--" or body[at + 2 :] not in {b"", CRLF}:
        raise DecodeError("", f"The body is malformed at the boundary before byte {at}")
    # Readers that take a bare end of line for one would find another part here.
    if body.count(delimiter) != len(parts) + 1:
        raise DecodeError("", "The body has its boundary in the middle of a value")
    _check_names(parts)
    return Form(boundary=boundary, parts=tuple(parts))


def boundary_of(content_type: str) -> str:
    kind, *parameters = content_type.split(";")
    if kind.strip().lower() != FORM_DATA:
        raise DecodeError("content-type", f"must be {FORM_DATA} with a boundary")
    said = [
        value.strip()
        for name, _, value in (each.partition("=") for each in parameters)
        if name.strip().lower() == "boundary"
    ]
    if len(said) != 1:
        raise DecodeError("content-type", "must name one boundary")
    boundary = said[0][1:-1] if said[0][:1] == said[0][-1:] == '"' else said[0]
    if BOUNDARY.fullmatch(boundary) is None:
        raise DecodeError("content-type", "has a boundary that is none")
    return boundary


def rewritten(body: bytes, form: Form, values: Mapping[str, bytes]) -> bytes:
    """With other values of these parts; none of them is made where there was none."""
    pieces: list[bytes] = []
    at = 0
    for part in form.parts:
        value = values.get(part.name)
        if value is not None:
            pieces += (body[at : part.start], value)
            at = part.end
    return b"".join((*pieces, body[at:]))


def may_hold(form: Form, value: bytes) -> bool:
    """Whether a part may have this value: it must not end the part."""
    return b"--" + form.boundary.encode() not in value


def _headers(body: bytes, at: int, *, number: int) -> tuple[str, bool, int]:
    """Name, whether it is a file, and where the value begins; `at` is the end of the boundary."""
    end = body.find(BLANK_LINE, at, at + MAX_HEADER_BYTES)
    if end <= at:
        raise DecodeError(f"part {number}", "has no headers, or no end of them")
    dispositions: list[bytes] = []
    for line in body[at + 2 : end].split(CRLF):
        header = HEADER.fullmatch(line)
        if header is None:
            raise DecodeError(f"part {number}", "has a header that is none")
        field = header[1].lower()
        if field == b"content-disposition":
            dispositions.append(header[2])
        elif field == b"content-transfer-encoding" and header[2].strip().lower() not in AS_IT_IS:
            raise DecodeError(f"part {number}", "is encoded; send it as it is")
    if len(dispositions) != 1:
        raise DecodeError(f"part {number}", "must have one content-disposition")
    name, is_file = _named(dispositions[0], number=number)
    return name, is_file, end + len(BLANK_LINE)


def _named(disposition: bytes, *, number: int) -> tuple[str, bool]:
    kind, at = disposition[: len(DISPOSITION)], len(DISPOSITION)
    said: dict[bytes, bytes] = {}
    while (found := PARAMETER.match(disposition, at)) is not None:
        key = found[1].lower()
        if key in said:
            raise DecodeError(f"part {number}", "says the same twice in its content-disposition")
        said[key] = found[2] if found[3] is None else found[3]
        at = found.end()
    if kind.lower() != DISPOSITION or at != len(disposition):
        raise DecodeError(f"part {number}", "has a content-disposition that is no form-data")
    name = said.get(b"name", b"")
    if NAME.fullmatch(name) is None or b"name*" in said:
        raise DecodeError(f"part {number}", "has no plain name")
    return name.decode(), b"filename" in said or b"filename*" in said


def _check_names(parts: list[Part]) -> None:
    seen: dict[str, bool] = {}
    for part in parts:
        are_files = part.is_file and seen.get(part.name, True)
        if part.name in seen and not are_files and not part.name.endswith(MANY):
            raise DecodeError(part.name, "is there twice")
        seen[part.name] = are_files
