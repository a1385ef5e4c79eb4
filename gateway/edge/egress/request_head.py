"""The first bytes of a request to a vendor.

Laws: pure; what frames the message or names the host is written here and by nobody else; a call
that could be read as more than one request is not written at all (`ValueError`).
"""

import re
from typing import Final

from providers.adapters.base import UpstreamCall
from providers.addresses import Place

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OURS: Final = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te",
        "proxy-authorization", "proxy-connection", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
NAMES_MAX: Final = 1_000


class HeadWriter:
    """Remembers which header names it has judged."""

    __slots__ = ("_written",)

    def __init__(self) -> None:
        self._written: dict[str, bool] = {}

    def head(self, call: UpstreamCall, place: Place) -> bytes:
        """Up to and with the empty line; ValueError says what cannot be sent."""
        if not self._is_written(call.method):
            raise ValueError("the method is not a word of HTTP")
        lines = [f"{call.method} {place.target} HTTP/1.1\r\nHost: {place.authority}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in call.headers if self._is_written(name)]
        if call.body or call.method != "GET":
            lines.append(f"Content-Length: {len(call.body)}\r\n")
        lines.append("Accept-Encoding: identity\r\n\r\n")
        head = "".join(lines)
        # Method, target and names are judged: a line more than those above comes from a value.
        expected = len(lines) + 2
        if head.count("\n") != expected or head.count("\r") != expected or "\0" in head:
            raise ValueError("a header value holds a line break or NUL")
        try:
            return head.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError("a header value holds letters outside Latin-1") from None

    def _is_written(self, name: str) -> bool:
        written = self._written.get(name)
        return self._judge(name) if written is None else written

    def _judge(self, name: str) -> bool:
        if TOKEN.fullmatch(name) is None:
            raise ValueError("a header name is not a word of HTTP")
        if len(self._written) >= NAMES_MAX:
            self._written.clear()
        written = self._written[name] = name.lower() not in OURS
        return written
