"""Seals of one vendor in the fields of another's dialect.

Law 1: what was wrapped comes out as it went in, whichever alphabet of base64 it comes back in.
Law 2: what we did not wrap, or is no longer whole, is none of ours. Law 3: nothing is remembered:
all that must be known travels along.

    base64 of: "sy1" | 01 | length, origin | length, account | crc32 of all the rest | signature
"""

import base64
import zlib
from typing import Final

from protocols.ir import Seal

MAGIC: Final = b"sy1\x01"
MARK: Final = "c3kx"  # so begins whatever begins with the magic
STANDARD: Final = str.maketrans("-_", "+/")
CHECK_BYTES: Final = 4


def wrap(seal: Seal) -> str:
    """Its signature, and who made it. `account` is hexadecimal, at most 255 bytes of it."""
    head = MAGIC + _counted(seal.origin.encode()) + _counted(bytes.fromhex(seal.account or ""))
    signature = (seal.signature or "").encode()
    return base64.b64encode(head + _check(head, signature) + signature).decode()


def unwrap(text: str) -> Seal | None:
    if not text.startswith(MARK):
        return None
    standard = text.translate(STANDARD).rstrip("=")
    try:
        data = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        origin, at = _read(data, len(MAGIC))
        account, at = _read(data, at)
        head, rest = data[:at], data[at:]
        if not head.startswith(MAGIC) or rest[:CHECK_BYTES] != _check(head, rest[CHECK_BYTES:]):
            return None
        return Seal(
            origin=origin.decode(),
            signature=rest[CHECK_BYTES:].decode(),
            account=account.hex() or None,
        )
    except (ValueError, IndexError):
        return None


def _counted(part: bytes) -> bytes:
    return bytes([len(part)]) + part


def _read(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 1 + data[at]
    return data[at + 1 : end], end


def _check(head: bytes, signature: bytes) -> bytes:
    return zlib.crc32(head + signature).to_bytes(CHECK_BYTES, "big")
