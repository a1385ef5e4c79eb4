"""The copy of the compiled rows on this node's disk, for a start without PostgreSQL.

Rule 1: a file is  magic · length and header · segments (length, AES-256-GCM) · HMAC.
Rule 2: both keys come from the key-encryption key and the file's own salt, so a counter is nonce
enough; header, place and end of a segment are its associated data.
Rule 3: nothing is believed before the HMAC over the whole file fits.
Rule 4: mode 0600; written beside and renamed, so that a reader finds a whole file or none.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.snapshot.rows import UNDECODABLE, Row

MAGIC: Final = b"SYSNAP01"
MAC_BYTES: Final = 32
SALT_BYTES: Final = 32
LENGTH_BYTES: Final = 4
READ_BYTES: Final = 1 << 20
INFO: Final = b"switchyard copy of the configuration"
ROWS: Final = msgspec.msgpack.Decoder(list[Row])


class Unusable(Exception):
    """Why this copy cannot be used, in words for /ready."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    saved_at: float  # seconds since 1970, UTC
    kek_id: str
    salt: bytes


HEADERS: Final = msgspec.msgpack.Decoder(Header)


class _Keys(msgspec.Struct, frozen=True):
    seal: AESGCM
    sign: bytes


def _keys(kek: bytes, *, salt: bytes) -> _Keys:
    both = HKDF(algorithm=hashes.SHA256(), length=64, salt=salt, info=INFO).derive(kek)
    return _Keys(AESGCM(both[:32]), both[32:])


def new_header(*, version: int, saved_at: float, kek_id: str) -> Header:
    return Header(
        version=version, saved_at=saved_at, kek_id=kek_id, salt=secrets.token_bytes(SALT_BYTES)
    )


def write_copy(path: Path, *, header: Header, pages: Iterable[list[Row]], kek: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    keys = _keys(kek, salt=header.salt)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            signature = hmac.new(keys.sign, digestmod=hashlib.sha256)
            for piece in _pieces(header, pages=pages, keys=keys):
                signature.update(piece)
                stream.write(piece)
            stream.write(signature.digest())
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _pieces(header: Header, *, pages: Iterable[list[Row]], keys: _Keys) -> Iterator[bytes]:
    told = msgspec.msgpack.encode(header)
    yield MAGIC + _length(told) + told
    number = 0
    for page in pages:
        plain = msgspec.msgpack.encode(page)
        yield _segment(plain, number=number, header=told, keys=keys)
        number += 1
    yield _segment(b"", number=number, header=told, keys=keys)


def _segment(plain: bytes, *, number: int, header: bytes, keys: _Keys) -> bytes:
    sealed = keys.seal.encrypt(_nonce(number), plain, _place(header, number=number))
    return _length(sealed) + sealed


class Copy:
    """A copy whose signature fits and which is young enough; close it when it is read."""

    def __init__(self, stream: IO[bytes], *, told: bytes, keys: _Keys) -> None:
        self.header = HEADERS.decode(told)
        self._stream = stream
        self._keys = keys
        self._told = told
        self._number = 0

    def page(self) -> list[Row]:
        """The next rows; none: the end."""
        sealed = self._stream.read(int.from_bytes(self._stream.read(LENGTH_BYTES), "big"))
        place = _place(self._told, number=self._number)
        plain = self._keys.seal.decrypt(_nonce(self._number), sealed, place)
        self._number += 1
        return ROWS.decode(plain) if plain else []

    def close(self) -> None:
        self._stream.close()


def open_copy(path: Path, *, kek_of: Callable[[str], bytes], now: float, max_age_s: float) -> Copy:
    """Raises Unusable; `kek_of` raises LookupError for a key that is not at hand."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        raise Unusable("there is no copy on disk") from None
    try:
        copy = _checked(stream, kek_of=kek_of)
        age_s = now - copy.header.saved_at
        if age_s > max_age_s:
            raise Unusable(f"the copy on disk is {age_s:.0f} s old, older than SNAPSHOT_MAX_AGE_S")
    except BaseException:
        stream.close()
        raise
    return copy


def _checked(stream: IO[bytes], *, kek_of: Callable[[str], bytes]) -> Copy:
    tampered = Unusable("the copy on disk is not one this installation wrote, or was changed")
    size = stream.seek(0, os.SEEK_END) - MAC_BYTES
    stream.seek(0)
    begin = stream.read(len(MAGIC) + LENGTH_BYTES)
    told = stream.read(min(int.from_bytes(begin[len(MAGIC) :], "big"), max(size, 0)))
    try:
        header = HEADERS.decode(told)
        keys = _keys(kek_of(header.kek_id), salt=header.salt)
    except UNDECODABLE:
        raise tampered from None
    except LookupError as error:
        raise Unusable(f"the copy on disk cannot be opened: {error}") from None
    first = stream.tell()
    stream.seek(0)
    signature = hmac.new(keys.sign, digestmod=hashlib.sha256)
    while (left := size - stream.tell()) > 0:
        signature.update(stream.read(min(READ_BYTES, left)))
    if not begin.startswith(MAGIC) or not hmac.compare_digest(signature.digest(), stream.read()):
        raise tampered
    stream.seek(first)
    return Copy(stream, told=told, keys=keys)


def _length(piece: bytes) -> bytes:
    return len(piece).to_bytes(LENGTH_BYTES, "big")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _place(header: bytes, *, number: int) -> bytes:
    return header + number.to_bytes(8, "big")
