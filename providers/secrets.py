"""Envelope encryption of secrets at rest.

Rule 1: pure: no I/O, no Django; randomness comes from the operating system's generator.
Rule 2: a blob is `v1` · kek id (8 bytes) · data key id (16) · nonce (12) · ciphertext and tag;
AES-256-GCM.
Rule 3: the place of a value is its associated data, `table|tenant|row|field`: a blob moved to
another place does not open.
Rule 4: a data key is sealed with the key-encryption key in the same layout; its own place names it.
Rule 5: what comes out is a `Secret`; it shows itself as `***` unless asked with `reveal()`.

    SecretsError
    ├── BadKey          the key-encryption key is missing or malformed
    ├── UnknownKek      sealed under a key-encryption key that is not at hand; carries kek_id
    └── Garbled         not a blob of this layout
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = b"v1"
KEY_BYTES: Final = 32
KEK_ID_BYTES: Final = 8
DEK_ID_BYTES: Final = 16
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
HEADER_BYTES: Final = len(VERSION) + KEK_ID_BYTES + DEK_ID_BYTES + NONCE_BYTES
MASK: Final = "***"


class SecretsError(Exception):
    """Base of what can be wrong with keys and blobs."""


class BadKey(SecretsError):
    pass


class UnknownKek(SecretsError):
    def __init__(self, kek_id: str) -> None:
        super().__init__(
            f"SWITCHYARD_KEK: key {kek_id} is needed and not among the configured ones"
        )
        self.kek_id = kek_id


class Garbled(SecretsError):
    pass


class Secret(str):
    """A value that prints, formats, encodes and pickles as `***`; compared in constant time."""

    _value: bytes
    __slots__ = ("_value",)

    def __new__(cls, value: bytes | str) -> "Secret":
        shown = super().__new__(cls, MASK)
        shown._value = value.encode() if isinstance(value, str) else bytes(value)
        return shown

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (MASK,)

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sealed value lives."""

    table: str
    row: str
    field: str
    tenant: str = ""

    def associated_data(self) -> bytes:
        return "|".join((self.table, self.tenant, self.row, self.field)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kek:
    """The key-encryption key; `id` is a digest, so that a wrong key is told by name."""

    id: str
    key: Secret

    @classmethod
    def from_base64(cls, text: str) -> "Kek":
        try:
            key = base64.b64decode(
                text.strip(), altchars=b"-_" if set(text) & {"-", "_"} else None, validate=True
            )
        except (binascii.Error, ValueError):
            raise BadKey("SWITCHYARD_KEK: expected 32 bytes in base64") from None
        if len(key) != KEY_BYTES:
            raise BadKey(f"SWITCHYARD_KEK: expected 32 bytes in base64, got {len(key)} bytes")
        digest = hashlib.sha256(b"switchyard key-encryption key\0" + key).digest()
        return cls(id=digest[:KEK_ID_BYTES].hex(), key=Secret(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The key that wraps now, and the ones before it that still open."""

    current: Kek
    previous: tuple[Kek, ...] = ()

    @classmethod
    def from_setting(cls, text: str) -> "KeyRing":
        """Keys in base64 separated by commas, the current one first."""
        parts = [part for part in text.split(",") if part.strip()]
        if not parts:
            raise BadKey("SWITCHYARD_KEK is missing: 32 bytes in base64, kept outside the database")
        first, *rest = (Kek.from_base64(part) for part in parts)
        return cls(current=first, previous=tuple(rest))

    def find(self, kek_id: str) -> Kek:
        for kek in (self.current, *self.previous):
            if kek.id == kek_id:
                return kek
        raise UnknownKek(kek_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    kek_id: str
    dek_id: UUID
    nonce: bytes


def new_key() -> Secret:
    return Secret(secrets.token_bytes(KEY_BYTES))


def derived(*, key: Secret, tenant: str) -> Secret:
    """A key of the tenant's own, made of one that tenants share; none tells of another's."""
    return Secret(hmac.digest(key.reveal(), b"key of tenant\0" + tenant.encode(), hashlib.sha256))


def read_header(blob: bytes) -> Header:
    """Which keys a blob needs; raises Garbled when it is none."""
    if len(blob) < HEADER_BYTES + TAG_BYTES or not blob.startswith(VERSION):
        raise Garbled("not a sealed value")
    kek_end = len(VERSION) + KEK_ID_BYTES
    dek_end = kek_end + DEK_ID_BYTES
    return Header(
        kek_id=blob[len(VERSION) : kek_end].hex(),
        dek_id=UUID(bytes=blob[kek_end:dek_end]),
        nonce=blob[dek_end:HEADER_BYTES],
    )


def seal(*, value: Secret, key: Secret, kek_id: str, dek_id: UUID, place: Place) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key.reveal()).encrypt(nonce, value.reveal(), place.associated_data())
    return VERSION + bytes.fromhex(kek_id) + dek_id.bytes + nonce + sealed


def open_sealed(*, blob: bytes, key: Secret, place: Place) -> Secret:
    """Raises cryptography's InvalidTag when the key, the place or a single bit differs."""
    header = read_header(blob)
    return Secret(
        AESGCM(key.reveal()).decrypt(header.nonce, blob[HEADER_BYTES:], place.associated_data())
    )


def wrap(*, key: Secret, dek_id: UUID, kek: Kek, tenant: str) -> bytes:
    """A data key sealed for its row in `data_keys`."""
    return seal(
        value=key, key=kek.key, kek_id=kek.id, dek_id=dek_id, place=_place_of_key(dek_id, tenant)
    )


def unwrap(*, blob: bytes, ring: KeyRing, tenant: str) -> Secret:
    """Raises UnknownKek when the ring lacks the key it was wrapped under."""
    header = read_header(blob)
    kek = ring.find(header.kek_id)
    return open_sealed(blob=blob, key=kek.key, place=_place_of_key(header.dek_id, tenant))


def _place_of_key(dek_id: UUID, tenant: str) -> Place:
    return Place(table="data_keys", tenant=tenant, row=str(dek_id), field="wrapped")
