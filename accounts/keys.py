"""Virtual keys as text: mint, parse, digest. Pure; randomness is the operating system's.

`sy-live-<public id>-<secret><crc>`, `sy-test-…` likewise: public id 12 of [0-9a-z], secret 43 of
[0-9A-Za-z] (256 bit), crc = CRC-32 of everything before it as 6 base62 digits; 70 characters.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final, Literal

Environment = Literal["live", "test"]

BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_ALPHABET: Final = string.digits + string.ascii_lowercase
PUBLIC_LENGTH: Final = 12
SECRET_LENGTH: Final = 43
CRC_LENGTH: Final = 6
PATTERN: Final = re.compile(r"sy-(live|test)-([0-9a-z]{12})-([0-9A-Za-z]{49})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedKey:
    value: str
    public_id: str

    @property
    def suffix(self) -> str:
        return self.value[-4:]

    def __repr__(self) -> str:
        return f"MintedKey(public_id={self.public_id!r}, value=***)"


def new_public_id() -> str:
    return "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(PUBLIC_LENGTH))


def mint(*, environment: Environment, public_id: str | None = None) -> MintedKey:
    """A new secret; for a rotation give the public id that stays."""
    public = public_id or new_public_id()
    secret = "".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH))
    head = f"sy-{environment}-{public}-{secret}"
    return MintedKey(value=head + checksum(head), public_id=public)


def checksum(head: str) -> str:
    rest, digits = zlib.crc32(head.encode("ascii")), ""
    for _ in range(CRC_LENGTH):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return digits


def public_id_of(value: str) -> str | None:
    """The public id inside a well-formed key; None when pattern or checksum fail."""
    found = PATTERN.fullmatch(value)
    if found is None or checksum(value[:-CRC_LENGTH]) != value[-CRC_LENGTH:]:
        return None
    return found[2]


def digest(*, value: str, pepper: str) -> bytes:
    return hmac.digest(pepper.encode("utf-8"), value.encode("utf-8"), hashlib.sha256)


def pepper_id(pepper: str) -> str:
    """Names a pepper without telling it: stored beside every digest made with it."""
    return hashlib.sha256(b"switchyard pepper id\0" + pepper.encode("utf-8")).hexdigest()[:16]
