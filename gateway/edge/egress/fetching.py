"""Media that a vendor cannot fetch, fetched for it (protocols.md PR-30).

Laws: the way out is judged as the vendors' is, by a list of its own; nothing is followed, nothing
is sent along; what a file is its first bytes say, not who serves it; so much and so long per file
and per request, and no more is held.
"""

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.egress.upstream import Deadlines, Upstream, UpstreamAnswer, UpstreamFault
from protocols import ir
from protocols.media import Linked, linked_media
from providers.adapters.base import UpstreamCall
from providers.addresses import RefusedAddress, place_of

FILE_MAX_BYTES: Final = 20 * 1_048_576
REQUEST_MAX_BYTES: Final = 32 * 1_048_576
URL_MAX_CHARS: Final = 8_192
FILES_MAX: Final = 64
WITHIN_S: Final = 10.0
ALL_WITHIN_S: Final = 30.0
CONNECT_S: Final = 5.0
AT_A_TIME: Final = 4
HEADERS: Final = (("accept", "*/*"), ("user-agent", "switchyard"))
# The first bytes of a file, from an offset on.
SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (0, b"%PDF-", "application/pdf"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "image": ("image/",),
    "audio": ("audio/", "video/mp4", "video/webm"),
    "video": ("video/",),
    "document": ("application/", "text/"),
}
PAGE: Final = "text/html"
# What is taken wherever its kind is, in place of a file that is not there yet.
STAND_IN: Final = "AA=="
STAND_INS: Final[Mapping[str, str]] = {
    "image": "image/png",
    "audio": "audio/wav",
    "video": "video/mp4",
    "document": "application/pdf",
}


class Unfetchable(Exception):
    def __init__(self, path: str, why: str) -> None:
        """`why` is fit for who gave the URL."""
        super().__init__(f"{path} {why}")
        self.path = path


class _Refused(Exception):
    """Why one file is not taken."""


class Fetched(Struct, frozen=True, kw_only=True):
    data: str  # base64
    mime: str


class Fetcher:
    """The files of one request."""

    __slots__ = ("_clock", "_left", "_turns", "_until", "_upstream")

    def __init__(self, upstream: Upstream, *, clock: Callable[[], float]) -> None:
        self._upstream = upstream
        self._clock = clock
        self._left = REQUEST_MAX_BYTES
        self._until = clock() + ALL_WITHIN_S
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def inlined(self, request: ir.Request, urls: tuple[str, ...]) -> ir.Request:
        """With the files in place of their URLs; raises Unfetchable."""
        if len(urls) > FILES_MAX:
            raise Unfetchable("messages", f"name {len(urls)} files to fetch; at most {FILES_MAX}")
        wanted = _wanted(request, urls)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    url: group.create_task(self._fetch(url, path=media.path, kind=media.kind))
                    for url, media in wanted.items()
                }
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return _with_files(request, {url: task.result() for url, task in tasks.items()})

    async def _fetch(self, url: str, *, path: str, kind: str) -> Fetched:
        async with self._turns:
            try:
                data, said = await self._read(url)
            except (UpstreamFault, RefusedAddress) as fault:
                raise Unfetchable(path, f"cannot be fetched: {fault}") from None
            except _Refused as refused:
                raise Unfetchable(path, f"cannot be fetched: {refused}") from None
        mime = sniffed(data) or said
        if mime == PAGE or not mime.startswith(FAMILIES[kind]):
            raise Unfetchable(path, f"is no {kind}: the URL gives {mime or 'no known type'}")
        return Fetched(data=base64.b64encode(data).decode(), mime=mime)

    async def _read(self, url: str) -> tuple[bytes, str]:
        if len(url) > URL_MAX_CHARS:
            raise _Refused(f"the URL is longer than {URL_MAX_CHARS} characters")
        now = self._clock()
        if now >= self._until:
            raise _Refused(f"the files take longer than {ALL_WITHIN_S:.0f} s together")
        deadlines = Deadlines(
            connect_s=CONNECT_S,
            pool_s=CONNECT_S,
            headers_s=WITHIN_S,
            idle_s=WITHIN_S,
            total_at=min(now + WITHIN_S, self._until),
        )
        call = UpstreamCall(method="GET", url=url, headers=HEADERS)
        answer = await self._upstream.send(call, origin=place_of(url).origin, deadlines=deadlines)
        try:
            if answer.status != 200:
                raise _Refused(f"the server answered {answer.status}")
            data = await self._body(answer)
        finally:
            answer.abort()
        return data, answer.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def _body(self, answer: UpstreamAnswer) -> bytes:
        data = bytearray()
        while piece := await answer.read():
            data += piece
            self._left -= len(piece)
            if len(data) > FILE_MAX_BYTES:
                raise _Refused(f"the file is larger than {FILE_MAX_BYTES} bytes")
            if self._left < 0:
                raise _Refused(f"the files are larger than {REQUEST_MAX_BYTES} bytes together")
        return bytes(data)


def stood_in(request: ir.Request, urls: tuple[str, ...]) -> ir.Request:
    """As if the files were there: for what can be said of the question without them."""
    wanted = _wanted(request, urls)
    return _with_files(
        request,
        {url: Fetched(data=STAND_IN, mime=STAND_INS[media.kind]) for url, media in wanted.items()},
    )


def sniffed(data: bytes) -> str:
    """The media type that the first bytes tell; empty where they tell none."""
    return next((mime for at, mark, mime in SIGNATURES if data.startswith(mark, at)), "")


def _wanted(request: ir.Request, urls: tuple[str, ...]) -> dict[str, Linked]:
    asked = frozenset(urls)
    return {media.url: media for media in linked_media(request) if media.url in asked}


def _with_files(request: ir.Request, found: Mapping[str, Fetched]) -> ir.Request:
    return replace(
        request,
        messages=tuple(
            replace(message, content=_placed(message.content, found))
            for message in request.messages
        ),
    )


def _placed(content: tuple[Any, ...], found: Mapping[str, Fetched]) -> tuple[Any, ...]:
    return tuple(_in_place(block, found) for block in content)


def _in_place(block: Any, found: Mapping[str, Fetched]) -> Any:
    match block:
        case ir.Media(source=ir.Link(url=url)) if url in found:
            file = found[url]
            return replace(block, source=ir.Inline(data=file.data), mime=file.mime)
        case ir.Media(source=ir.InlineBlocks(content=inner)):
            return replace(block, source=ir.InlineBlocks(content=_placed(inner, found)))
        case ir.ToolResult():
            return replace(block, content=_placed(block.content, found))
        case _:
            return block
