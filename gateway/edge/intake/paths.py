"""The request path, derived once from the raw bytes.

Laws: split before decoding, decode once; what routing and permission see is this value and no
other; whatever two parsers could read differently is refused, never repaired.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

# Nothing to decode, no segment that starts with a dot, no empty segment but the last.
PLAIN: Final = re.compile(
    rb"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)*/?", re.ASCII
)
BAD_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CONTROL_OR_BACKSLASH: Final = re.compile(rb"[\x00-\x1f\x7f\\]")
# Of `projects/{p}/locations/{l}/publishers/{who}/models/{m}`, where `models` is.
PUBLISHER: Final = 6
VERSION_TWICE: Final = [b"v1", b"v1"]  # as base URLs make it that hold one already
DIALECT_PREFIXES: Final = frozenset({b"openai", b"anthropic", b"gemini", b"bedrock"})


class BadPath(Exception):
    """The path has more than one reading; the message says where."""


def derive_path(raw: bytes) -> str:
    """The decoded path; raises BadPath when it is ambiguous."""
    if raw and PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    if not raw.startswith(b"/"):
        raise BadPath("the path does not start with '/'")
    if BAD_ESCAPE.search(raw):
        raise BadPath("the path has a '%' without two hexadecimal digits")
    segments = [unquote_to_bytes(segment) for segment in raw[1:].split(b"/")]
    model = _model_segment(segments)
    for position, segment in enumerate(segments):
        _check(segment, last=position == len(segments) - 1, holds_model=position == model)
    try:
        return "/" + b"/".join(segments).decode("utf-8")
    except UnicodeDecodeError:
        raise BadPath("the path is not UTF-8") from None


def _check(segment: bytes, *, last: bool, holds_model: bool) -> None:
    if CONTROL_OR_BACKSLASH.search(segment):
        raise BadPath("the path has a control character or a backslash")
    if b"/" in segment and not holds_model:
        raise BadPath("the path has an encoded '/' outside the model name")
    for part in segment.split(b"/"):
        if part in {b".", b".."}:
            raise BadPath("the path has a '.' or '..' segment")
        if not part and not (last and not segment):
            raise BadPath("the path has an empty segment")


def _model_segment(segments: Sequence[bytes]) -> int:
    """Where a model name may hold an encoded '/' (Bedrock ARNs do); -1 where none may."""
    offset = 1 if segments[0] in DIALECT_PREFIXES else 0
    rest = segments[offset:]
    if rest and (rest[0] == b"model" or (offset and rest[0] == b"deployments")):
        return offset + 1
    if rest[:2] == VERSION_TWICE:
        offset, rest = offset + 1, rest[1:]
    if rest and rest[0].startswith(b"v1"):
        offset, rest = offset + 1, rest[1:]
    if offset and rest and rest[0] == b"models":
        return offset + 1
    if len(rest) > PUBLISHER and rest[0] == b"projects" and rest[PUBLISHER] == b"models":
        return offset + PUBLISHER + 1
    return -1
