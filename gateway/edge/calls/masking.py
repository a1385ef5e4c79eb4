"""A credential in what a vendor says of a call (protocols.md PR-44).

Laws: whatever of it can be used or recognised is masked, whole or cut off, each of a pair's parts
by itself, also where JSON, base64 or a message of AWS's encodes it; what only looks like one is
left as it is, and what was well-formed stays so.
"""

import base64
import re
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from protocols.errors import Problem
from protocols.framing.aws import is_message, renewed
from providers.adapters.base import Revealable
from providers.adapters.sigv4 import keys_of

MASK: Final = b"***"
# A part of so many characters is nobody else's. Shorter ones tell little, and may be words.
PART_CHARS: Final = 16
RUN: Final = re.compile(rb"[A-Za-z0-9+/=_-]{%d,}" % PART_CHARS)
LOOKED_THROUGH_BYTES: Final = 65_536  # for parts and escapes; an error is shorter
STRING: Final = msgspec.json.Decoder(str)


def revealed(secret: Revealable | None) -> bytes:
    return b"" if secret is None else secret.reveal()


# Strings of JSON that hold an escape, or as much as there is between two of those.
STRETCH: Final = re.compile(rb'(?:[^"]++|"[^"\\]*+")++|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# In which Bedrock carries an event.
CARRIED: Final = re.compile(rb'("bytes"\s*+:\s*+")([A-Za-z0-9+/]++={0,2})(?=")')


class _Word(NamedTuple):
    whole: bytes
    parts: frozenset[bytes]


def masked(data: bytes, secret: bytes) -> bytes:
    """What a vendor says: a text, JSON, an event, or a message of AWS's."""
    words = _words(secret)
    if not words:
        return data
    if not is_message(data):
        return _masked(data, words)

    def carried(found: re.Match[bytes]) -> bytes:
        try:
            said = base64.b64decode(found[2], validate=True)
        except ValueError:
            return found[0]
        shown = _masked(said, words)
        return found[0] if shown == said else found[1] + base64.b64encode(shown)

    return renewed(data, lambda said: _masked(CARRIED.sub(carried, said), words))


def _masked(data: bytes, words: list[_Word]) -> bytes:
    if len(data) > LOOKED_THROUGH_BYTES:
        return _without(data, words, whole=True)
    for word in words:
        data = data.replace(word.whole, MASK) if b'"' in word.whole else data
    if b"\\" not in data:
        return _without(data, words)
    return STRETCH.sub(lambda found: _stretch(found[0], words), data)


def _stretch(said: bytes, words: list[_Word]) -> bytes:
    try:
        text = STRING.decode(said).encode() if said[:1] == b'"' and b"\\" in said else None
    except (msgspec.DecodeError, ValueError):
        text = None
    if text is None:
        return _without(said, words)
    shown = _without(text, words)
    return said if shown == text else msgspec.json.encode(shown.decode(errors="replace"))


def _without(data: bytes, words: list[_Word], *, whole: bool = False) -> bytes:
    for word in words:
        data = data.replace(word.whole, MASK).replace(word.whole.replace(b"/", b"\\/"), MASK)
        if not whole:
            data = _without_parts(data, word.parts)
    return data


def unsaid(problem: Problem, secret: bytes) -> Problem:
    """Without the secret, wherever the vendor repeated it."""
    return replace(
        problem,
        message=_text(problem.message, secret),
        code=_text(problem.code, secret),
        param=problem.param and _text(problem.param, secret),
    )


def _text(said: str, secret: bytes) -> str:
    return masked(said.encode(errors="surrogatepass"), secret).decode(errors="replace")


def _words(secret: bytes) -> list[_Word]:
    """What is secret by itself: of a pair of AWS the id, the key and the token."""
    pair = keys_of(secret.decode("latin-1"))
    if pair is None:
        return [_word(secret)] if secret else []
    words = (pair.session_token, pair.secret_access_key, pair.access_key_id)
    return [_word(word.encode()) for word in words if word]


def _word(whole: bytes) -> _Word:
    ends = range(len(whole) - PART_CHARS + 1)
    return _Word(whole, frozenset(whole[at : at + PART_CHARS] for at in ends))


def _without_parts(data: bytes, parts: frozenset[bytes]) -> bytes:
    def shown(run: re.Match[bytes]) -> bytes:
        said = run[0]
        ends = range(len(said) - PART_CHARS + 1)
        return MASK if any(said[at : at + PART_CHARS] in parts for at in ends) else said

    return RUN.sub(shown, data) if parts else data
