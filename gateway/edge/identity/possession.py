"""Which key a request carries, and whether it is one: no SQL, no Redis, for known and unknown.

Laws: one order of headers for every path; the first valid value wins; what is not a key costs as
much as what is not ours; nothing said before proof of possession tells two misses apart.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from accounts import keys
from accounts.specs import KeySpec
from gateway.snapshot.snapshot import Snapshot

AUTHORIZATION: Final = b"authorization"
BEARER: Final = b"bearer "
GATEWAY_HEADER: Final = b"x-gateway-api-key"
PLAIN_HEADERS: Final = (b"x-api-key", b"api-key", b"x-goog-api-key")
IN_QUERY: Final = re.compile(rb"(?:^|&)key=([^&]+)")
NO_DIGEST: Final = bytes(32)


class Possession(Struct, frozen=True, kw_only=True):
    key: KeySpec
    vendor_key: bytes | None = None  # what else was sent, beside a valid gateway header


class Verifier:
    """Compares with digests under the peppers of this installation."""

    def __init__(self, peppers: Mapping[str, str]) -> None:
        self._peppers = dict(peppers)  # by id; the current one first

    def find(self, value: str, *, snapshot: Snapshot, now: float) -> KeySpec | None:
        """The key whose secret this is, whatever its state; None when it is nobody's."""
        public_id = keys.public_id_of(value)
        spec = snapshot.key(public_id) if public_id is not None else None
        if spec is None:
            # A miss takes as long as a hit.
            self._matches(value, digest=NO_DIGEST, pepper_id=next(iter(self._peppers)))
            return None
        found = False
        for secret in spec.secrets:
            live = secret.expires_at is None or secret.expires_at > now
            same = self._matches(value, digest=secret.digest, pepper_id=secret.pepper_id)
            found |= live and same
        return spec if found else None

    def _matches(self, value: str, *, digest: bytes, pepper_id: str) -> bool:
        pepper = self._peppers.get(pepper_id)
        return pepper is not None and hmac.compare_digest(
            keys.digest(value=value, pepper=pepper), digest
        )


def carried_values(headers: Mapping[bytes, bytes], query: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What may be a key, in the order in which it counts: (header, value)."""
    authorization = headers.get(AUTHORIZATION)
    if authorization is not None and authorization[: len(BEARER)].lower() == BEARER:
        yield AUTHORIZATION, authorization[len(BEARER) :].strip()
    for name in PLAIN_HEADERS:
        if headers.get(name):
            yield name, headers[name]
    # The first alone: each costs a digest, and a stranger's query has room for thousands.
    if query and (found := IN_QUERY.search(query)) is not None:
        yield b"?key", unquote_to_bytes(found[1])
    if headers.get(GATEWAY_HEADER):
        yield GATEWAY_HEADER, headers[GATEWAY_HEADER]


def possession(
    headers: Mapping[bytes, bytes],
    query: bytes,
    *,
    verifier: Verifier,
    snapshot: Snapshot,
    now: float,
) -> Possession | None:
    """None when no value is a key of ours."""
    if GATEWAY_HEADER in headers:
        return _beside_vendor_key(
            headers, query, verifier=verifier, snapshot=snapshot, now=now
        ) or _first_valid(headers, query, verifier=verifier, snapshot=snapshot, now=now)
    return _first_valid(headers, query, verifier=verifier, snapshot=snapshot, now=now)


def _first_valid(
    headers: Mapping[bytes, bytes],
    query: bytes,
    *,
    verifier: Verifier,
    snapshot: Snapshot,
    now: float,
) -> Possession | None:
    for _, value in carried_values(headers, query):
        key = verifier.find(value.decode("latin-1"), snapshot=snapshot, now=now)
        if key is not None:
            return Possession(key=key)
    return None


def _beside_vendor_key(
    headers: Mapping[bytes, bytes],
    query: bytes,
    *,
    verifier: Verifier,
    snapshot: Snapshot,
    now: float,
) -> Possession | None:
    """A valid gateway header makes the other credential the client's own vendor key."""
    own = headers[GATEWAY_HEADER].decode("latin-1")
    key = verifier.find(own, snapshot=snapshot, now=now)
    if key is None:
        return None
    if not key.byok_allowed:
        return Possession(key=key)
    return Possession(key=key, vendor_key=_vendors(carried_values(headers, query)))


def _vendors(carried: Iterator[tuple[bytes, bytes]]) -> bytes | None:
    """The first value that no gateway can have made: such a key must never reach a vendor."""
    for name, value in carried:
        ours = keys.public_id_of(value.decode("latin-1")) is not None
        if name != GATEWAY_HEADER and value and not ours:
            return value
    return None


class FailureMeter:
    """Failed proofs per address: above the limit further failures are told to wait."""

    def __init__(self, *, per_minute: int, addresses: int) -> None:
        self._per_minute = per_minute
        self._addresses = addresses
        self._seen: dict[str, tuple[float, int]] = {}

    def note(self, address: str, *, now: float) -> float | None:
        """Seconds to wait when this failure is one too many."""
        began, count = self._seen.pop(address, (now, 0))
        if now - began >= 60.0:
            began, count = now, 0
        self._seen[address] = (began, count + 1)
        while len(self._seen) > self._addresses:
            del self._seen[next(iter(self._seen))]
        return 60.0 - (now - began) if count >= self._per_minute else None
