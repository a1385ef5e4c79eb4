"""Whose answers come in a list: those of Google's streams for clients that do not ask for events.

Law: it depends on path and query alone, so that the first refusal has the form of the last event.
"""

from typing import Final

from protocols.ir import Dialect

ALT_EVENTS: Final = b"alt=sse"
LISTS: Final[Dialect] = "gemini.generate"


def is_listed(dialect: Dialect, query: bytes, *, stream: bool | None) -> bool:
    """`dialect` is that of the answer, `stream` what the path says."""
    return stream is True and dialect == LISTS and ALT_EVENTS not in query.split(b"&")


def in_list(body: bytes) -> bytes:
    return b"[" + body + b"]" if body.lstrip()[:1] == b"{" else body
