"""The headers of a call. Pure.

Laws: a client's header goes upstream only when its dialect's list names it, and no list names a
credential; what the operator wrote beside a provider cannot replace what a call needs; a value that
could end a header early is refused, whoever wrote it.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from providers.adapters.base import Revealable

# Nobody but the adapter and the transport decides these.
RESERVED: Final = frozenset(
    {
        *("accept-encoding", "authorization", "api-key", "connection", "content-encoding"),
        *("content-length", "content-type", "cookie", "expect", "forwarded", "host"),
        *("keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via"),
        *("x-api-key", "x-goog-api-key", "x-gateway-api-key", "x-real-ip"),
    }
)
RESERVED_PREFIXES: Final = ("x-switchyard-", "x-forwarded-", "x-gateway-")
# Firewalls of vendors refuse calls that do not say who makes them.
USER_AGENT: Final = "user-agent"
PRODUCT: Final = "switchyard"
NAME_CHARS: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


class HeaderRefused(ValueError):
    """A header that must not be sent; the message names it, never its value."""


def require_name(name: str) -> str:
    lower = name.lower()
    if not lower or not NAME_CHARS.issuperset(lower):
        raise HeaderRefused(f"{name!r} is no header name")
    return lower


def require_value(name: str, value: str) -> str:
    if "\r" in value or "\n" in value or "\0" in value:
        raise HeaderRefused(f"the value of {name} holds a line break or NUL")
    return value


def require_extra(name: str, value: str) -> tuple[str, str]:
    """A header that the operator adds to a provider's calls."""
    lower = require_name(name)
    if lower in RESERVED or lower.startswith(RESERVED_PREFIXES):
        raise HeaderRefused(f"{lower} is set by the gateway itself")
    return lower, require_value(lower, value)


def secret_value(name: str, secret: Revealable | None) -> str:
    """The secret as a header carries it; "" where there is none."""
    raw = b"" if secret is None else secret.reveal()
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise HeaderRefused(f"the credential sent as {name} is not plain ASCII") from None
    return require_value(name, text)


def call_headers(
    *,
    own: Iterable[tuple[str, str]],
    defaults: Mapping[str, str],
    extra: Mapping[str, str],
    client: Mapping[str, str],
    allowed: Collection[str],
) -> tuple[tuple[str, str], ...]:
    """`own` cannot be replaced; then the client's, then the operator's, then the kind's default."""
    chosen = {USER_AGENT: PRODUCT, **defaults}
    for name, value in extra.items():
        lower, checked = require_extra(name, value)
        chosen[lower] = checked
    for name, value in client.items():
        lower = name.lower()
        if lower in allowed:
            chosen[lower] = require_value(lower, value)
    chosen.update(own)
    return tuple(chosen.items())
