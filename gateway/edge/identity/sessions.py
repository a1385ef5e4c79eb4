"""Which conversation and which agent a request belongs to, as its client says. Grouping only.

Law: what clients send is never kept; a keyed hash of it is, different for every tenant.
"""

import hmac
from typing import Final

import msgspec

from gateway.edge.exchange import Exchange

SESSION_HEADERS: Final = (
    b"x-session-id", b"x-claude-code-session-id", b"session-id", b"session_id",
)  # fmt: skip
AGENT_HEADER: Final = b"x-claude-code-agent-id"
PARENT_HEADER: Final = b"x-claude-code-parent-agent-id"
MOST_BYTES: Final = 256
HASH_CHARS: Final = 16
STRING: Final = msgspec.json.Decoder(str)


class Metadata(msgspec.Struct):
    user_id: str = ""


METADATA: Final = msgspec.json.Decoder(Metadata)


def session_hash(exchange: Exchange, *, hmac_key: bytes, of_caches: bool = True) -> str:
    """`of_caches`: also by the key of a cache, which many conversations may have in common."""
    headers = exchange.arrival.headers
    for name in SESSION_HEADERS:
        if headers.get(name):
            return hashed(exchange, headers[name], hmac_key=hmac_key)
    top = exchange.top
    try:
        if of_caches and "prompt_cache_key" in top:
            said = STRING.decode(top["prompt_cache_key"])
        elif "metadata" in top:
            said = METADATA.decode(top["metadata"]).user_id
        else:
            return ""
    except msgspec.DecodeError:
        return ""  # the vendor says what it thinks of it
    return hashed(exchange, said.encode(errors="replace"), hmac_key=hmac_key)


def agent_hashes(exchange: Exchange, *, hmac_key: bytes) -> tuple[str, str]:
    """The agent's and that of the one which started it."""
    headers = exchange.arrival.headers
    if AGENT_HEADER not in headers and PARENT_HEADER not in headers:
        return "", ""
    agent, parent = headers.get(AGENT_HEADER, b""), headers.get(PARENT_HEADER, b"")
    return (
        hashed(exchange, agent, hmac_key=hmac_key),
        hashed(exchange, parent, hmac_key=hmac_key),
    )


def hashed(exchange: Exchange, said: bytes, *, hmac_key: bytes) -> str:
    """The same for the same tenant and word; empty for nothing, and for what is too long."""
    if not said or len(said) > MOST_BYTES:
        return ""
    owner = exchange.tenant.id if exchange.tenant is not None else ""
    return hmac.digest(hmac_key, owner.encode() + b"\0" + said, "sha256").hex()[:HASH_CHARS]
