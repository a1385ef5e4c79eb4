"""Pairs of keys as AWS has them, for clients that sign. Pure; randomness is the operating system's.

`SYAK` and 16 of [A-Z2-7], which are 80 bits: the public id of the key it belongs to, and what
tells its pairs apart. So nobody has to look for a pair but in its key.
"""

import base64
import re
import secrets
import string
from dataclasses import dataclass
from typing import Final

from accounts.keys import PUBLIC_ALPHABET, PUBLIC_LENGTH

PREFIX: Final = "SYAK"
PATTERN: Final = re.compile(r"SYAK([A-Z2-7]{16})", re.ASCII)
ID_BYTES: Final = 10
SERIAL_BITS: Final = 17
SECRET_LENGTH: Final = 40
SECRET_ALPHABET: Final = string.ascii_letters + string.digits + "+/"
BASE: Final = len(PUBLIC_ALPHABET)


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedPair:
    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"MintedPair(access_key_id={self.access_key_id!r}, secret_access_key=***)"


def mint(public_id: str) -> MintedPair:
    number = 0
    for character in public_id:
        number = number * BASE + PUBLIC_ALPHABET.index(character)
    told = (number << SERIAL_BITS | secrets.randbits(SERIAL_BITS)).to_bytes(ID_BYTES, "big")
    secret = "".join(secrets.choice(SECRET_ALPHABET) for _ in range(SECRET_LENGTH))
    return MintedPair(
        access_key_id=PREFIX + base64.b32encode(told).decode("ascii"), secret_access_key=secret
    )


def public_id_of(access_key_id: str) -> str | None:
    """Of the key it says it belongs to; None for what is no id of a pair."""
    found = PATTERN.fullmatch(access_key_id)
    if found is None:
        return None
    number = int.from_bytes(base64.b32decode(found[1]), "big") >> SERIAL_BITS
    characters = ""
    for _ in range(PUBLIC_LENGTH):
        number, digit = divmod(number, BASE)
        characters = PUBLIC_ALPHABET[digit] + characters
    return None if number else characters
