"""Header rules of the guard: what is refused, what is dropped, who is calling.

Laws: one pass over the headers; a header that decides anything comes once, and of any other the
lines are one list, so that nobody below meets a name twice; what a proxy may say is believed only
from a trusted proxy; names that nominate other names (`Connection: x`) are not obeyed, so that no
client can strip what a proxy added.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from accounts.addresses import Network, client_address, is_within, parse_address
from accounts.errors import Refused

Headers: TypeAlias = list[tuple[bytes, bytes]]

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 32_768
LINE_OVERHEAD: Final = 4  # colon, space, CR, LF
COOKIE: Final = b"cookie"  # the one list whose parts are not set apart by commas
SINGLE: Final = frozenset(
    {
        b"content-length",
        b"transfer-encoding",
        b"host",
        b"authorization",
        b"x-api-key",
        b"api-key",
        b"x-goog-api-key",
        b"x-gateway-api-key",
    }
)
HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
DROPPED_OF_CLIENTS: Final = HOP_BY_HOP | {b"x-real-ip", b"forwarded"}
PROXY_PREFIX: Final = b"x-forwarded-"
HOST: Final = re.compile(
    rb"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,254}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)
HOSTLESS_PATHS: Final = frozenset({"/health", "/ready", "/liveness"})


def checked_headers(
    headers: Iterable[tuple[bytes, bytes]], *, path: str, trust_proxy: bool
) -> Headers:
    """What is left after the drops; raises Refused for what cannot be trusted at all."""
    dropped = HOP_BY_HOP if trust_proxy else DROPPED_OF_CLIENTS
    kept: Headers = []
    seen: dict[bytes, bytes] = {}
    values: list[bytes] = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value) + LINE_OVERHEAD
        values.append(value)
        if name in SINGLE:
            if name in seen:
                raise Refused("bad_framing", f"The header {name.decode()} was sent more than once.")
            seen[name] = value
        # This line runs for every header of every request; a call per header would show.
        if name not in dropped and b"_" not in name and (trust_proxy or name[:12] != PROXY_PREFIX):
            kept.append((name, value))
    _check_size(count=len(values), size=size)
    joined = b" ".join(values)
    if b"\0" in joined or b"\r" in joined or b"\n" in joined:
        raise Refused("bad_framing", "A header value holds NUL, CR or LF.")
    _check_length(seen)
    _check_host(seen.get(b"host", b""), path=path)
    return kept if len(dict(kept)) == len(kept) else _joined(kept)


def _joined(headers: Headers) -> Headers:
    """Anthropic's SDK for Go sends a line for each beta; HTTP/2 one for each cookie."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lines.setdefault(name, []).append(value)
    return [(name, (b"; " if name == COOKIE else b",").join(lines[name])) for name in lines]


def declared_length(headers: Headers) -> int | None:
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return None


def refuse_encoded_body(headers: Headers) -> None:
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            raise Refused("unsupported_encoding", "Send the body without Content-Encoding.")


def caller(headers: Headers, *, peer: str, trusted: Sequence[Network]) -> str:
    forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return client_address(peer=peer, forwarded_for=forwarded, trusted=trusted)


def is_trusted_proxy(peer: str, trusted: Sequence[Network]) -> bool:
    return bool(trusted) and is_within(parse_address(peer), trusted)


def is_forwarded_https(headers: Headers) -> bool:
    """The nearest proxy's word: the last element of the last X-Forwarded-Proto."""
    said = [value for name, value in headers if name == b"x-forwarded-proto"]
    return bool(said) and said[-1].rpartition(b",")[2].strip().lower() == b"https"


def _check_size(*, count: int, size: int) -> None:
    if count > MAX_HEADERS:
        raise Refused("headers_too_large", f"{count} headers; at most {MAX_HEADERS} are read.")
    if size > MAX_HEADER_BYTES:
        raise Refused("headers_too_large", f"{size} bytes of headers; at most {MAX_HEADER_BYTES}.")


def _check_length(seen: dict[bytes, bytes]) -> None:
    length, coding = seen.get(b"content-length"), seen.get(b"transfer-encoding")
    if length is not None and coding is not None:
        raise Refused("bad_framing", "Both Content-Length and Transfer-Encoding were sent.")
    if length is not None and not (length.isdigit() and len(length) < 20):
        raise Refused("bad_framing", "Content-Length is not a plain number.")
    if coding is not None and coding.strip().lower() != b"chunked":
        raise Refused("bad_framing", "The only Transfer-Encoding accepted is chunked.")


def _check_host(host: bytes, *, path: str) -> None:
    if not host:
        # granian shows a request without Host as an empty one, so both read alike.
        if path in HOSTLESS_PATHS:
            return
        raise Refused("bad_host", "The Host header is missing or empty.")
    if HOST.fullmatch(host) is None:
        raise Refused("bad_host", "The Host header is not a host name with an optional port.")
