"""Base URLs as people type them, and the URLs of calls. Pure.

Laws: a URL is taken apart and put together, never glued; what was put together is read again and
must say what was meant; nothing but scheme, host, port and path is ever taken from a person.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")
PORT: Final = re.compile(r"(?::\d*)?")
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# People copy the address of a call, not of the service.
CALL_TAILS: Final = (
    "/chat/completions",
    "/embeddings",
    "/responses",
    "/v1/messages/count_tokens",
    "/v1/messages",
)


class BadUrl(ValueError):
    """The text is no base URL; the message says why, fit for a form."""


def normalised_base_url(text: str) -> tuple[str, tuple[str, ...]]:
    """The base URL without trailing slash, and what was changed that the person should know."""
    stripped = text.strip()
    scheme, host, port = _origin(stripped)
    path = urlsplit(stripped).path.rstrip("/")
    notices = []
    for tail in CALL_TAILS:
        if path.endswith(tail):
            path = path.removesuffix(tail)
            notices.append(f"{tail} was removed: a base URL ends before the path of a call")
            break
    if not PATH.fullmatch(path) or any(part in {".", ".."} for part in path.split("/")):
        raise BadUrl(f"the path {path!r} holds what no path of a base URL may: // . .. or escapes")
    netloc = host if port in {None, DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    return _put_together(SplitResult(scheme, netloc, path, "", "")), tuple(notices)


def _origin(text: str) -> tuple[str, str, int | None]:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise BadUrl("a base URL is plain ASCII without blanks; write other hosts as xn--…")
    scheme, separator, _ = text.partition("://")
    if not separator or scheme.lower() not in DEFAULT_PORTS:
        raise BadUrl("a base URL begins with https:// (or http://, where the operator allows it)")
    for mark, what in (("?", "query"), ("#", "fragment")):
        if mark in text:
            raise BadUrl(f"a base URL has no {what} ({mark}…)")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadUrl(f"this is no URL: {error}") from error
    if "@" in parts.netloc:
        raise BadUrl("a base URL holds no user or password; they belong into a credential")
    bare = parts.hostname or ""
    host = f"[{bare}]" if ":" in bare else bare
    # What follows the host must be its port: parsers skip over the rest of `[::1]evil`.
    if not HOST.fullmatch(host) or ".." in host or not PORT.fullmatch(parts.netloc[len(host) :]):
        raise BadUrl(f"{parts.netloc!r} is no host" if bare else "a base URL names a host")
    return scheme.lower(), host, port


@lru_cache(maxsize=4096)
def call_url(base_url: str, path: str, query: str = "") -> str:
    """`base_url` as it was normalised, with a call's own path below it."""
    base = urlsplit(base_url)
    return _put_together(base._replace(path=base.path + path, query=query))


def _put_together(parts: SplitResult) -> str:
    url = parts.geturl()
    if urlsplit(url) != parts:
        raise BadUrl(f"{url!r} does not say what it was made of")
    return url
