"""Bodies that are forms: the fields a request is judged by, and the same bytes with others in them.

Laws: only short fields are read, files never; of the bytes that go up only those of `model` and of
names of a client's users are not the client's.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from gateway.edge.errors import refusal
from gateway.edge.exchange import Exchange
from protocols.errors import DecodeError
from protocols.multipart import may_hold, read_form, rewritten

ENCODER: Final = msgspec.json.Encoder()
STRING: Final = msgspec.json.Decoder(str)
COUNT: Final = msgspec.json.Decoder(int | None, strict=False)  # 5.0 and "5" are five to vendors
CONTENT_TYPE: Final = b"content-type"
MOST_TEXT_BYTES: Final = 65_536
# What is judged here and is no text, in the words a form has for it.
LITERALS: Final = re.compile(r"true|false|[0-9]{1,6}")
NOT_TEXT: Final = frozenset({"stream", "n"})
FILE: Final = Raw(b"{}")  # there, and not looked into


def read_fields(exchange: Exchange) -> dict[str, Raw]:
    """As the top level of a JSON body would have them; raises GatewayError."""
    content_type = exchange.arrival.headers.get(CONTENT_TYPE, b"").decode("latin-1")
    try:
        exchange.form = form = read_form(content_type, exchange.body)
    except DecodeError as error:
        raise refusal("invalid_request", f"{error}.", param=error.path or None) from None
    top: dict[str, Raw] = {}
    for part in form.parts:
        value = exchange.body[part.start : part.end] if not part.is_file else b""
        if part.is_file or len(value) > MOST_TEXT_BYTES:
            top.setdefault(part.name, FILE)
        else:
            top.setdefault(part.name, _field(part.name, value))
    return top


def _field(name: str, value: bytes) -> Raw:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise refusal(
            "invalid_request", f"{name} is not UTF-8 (byte {error.start}).", param=name
        ) from None
    is_literal = name in NOT_TEXT and LITERALS.fullmatch(text) is not None
    return Raw(text.encode()) if is_literal else Raw(ENCODER.encode(text))


def written(exchange: Exchange, values: Mapping[str, str]) -> tuple[bytes, str]:
    """The body with these values instead, and its content type; raises GatewayError."""
    form = exchange.form
    assert form is not None  # noqa: S101 - decode has read it
    encoded = {name: text.encode() for name, text in values.items()}
    if not all(may_hold(form, value) for value in encoded.values()):
        raise refusal("invalid_request", "The boundary of the body is in one of its values.")
    return rewritten(exchange.body, form, encoded), form.content_type
