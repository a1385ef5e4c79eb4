"""A credential in what a vendor says of a call (protocols.md PR-44).

Laws: whatever of it can be used or recognised is masked, whole or cut off, each of a pair's parts
by itself; what only looks like one is left as it is.
"""

import re
from typing import Final

from msgspec.structs import replace

from protocols.errors import Problem
from providers.adapters.base import Revealable
from providers.adapters.sigv4 import keys_of

MASK: Final = b"***"
# A part of so many characters is nobody else's. Shorter ones tell little, and may be words.
PART_CHARS: Final = 16
RUN: Final = re.compile(rb"[A-Za-z0-9+/=_-]{%d,}" % PART_CHARS)
LOOKED_THROUGH_BYTES: Final = 65_536  # for parts; an error is shorter


def revealed(secret: Revealable | None) -> bytes:
    return b"" if secret is None else secret.reveal()


def masked(data: bytes, secret: bytes) -> bytes:
    for word in _words(secret):
        data = data.replace(word, MASK).replace(word.replace(b"/", b"\\/"), MASK)
        if len(data) <= LOOKED_THROUGH_BYTES:
            data = _without_parts(data, word)
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


def _words(secret: bytes) -> tuple[bytes, ...]:
    """What is secret by itself: of a pair of AWS the id, the key and the token."""
    pair = keys_of(secret.decode("latin-1"))
    if pair is None:
        return (secret,) if secret else ()
    words = (pair.session_token, pair.secret_access_key, pair.access_key_id)
    return tuple(word.encode() for word in words if word)


def _without_parts(data: bytes, word: bytes) -> bytes:
    parts = {word[at : at + PART_CHARS] for at in range(len(word) - PART_CHARS + 1)}

    def shown(run: re.Match[bytes]) -> bytes:
        said = run[0]
        ends = range(len(said) - PART_CHARS + 1)
        return MASK if any(said[at : at + PART_CHARS] in parts for at in ends) else said

    return RUN.sub(shown, data) if parts else data
