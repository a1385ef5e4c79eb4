"""Static files outside Django's request cycle: WhiteNoise finds them, this streams them.

Law: a file leaves in pieces of CHUNK_BYTES read off the event loop. WhiteNoise's own middleware
would read each whole file into memory under ASGI, because its responses iterate synchronously.
"""

import asyncio
import re
from typing import Any, Final

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, StaticFile

from accounts.errors import Refused
from gateway.edge.messages import RESPONSE_BODY, RESPONSE_START, Receive, Scope, Send

CHUNK_BYTES: Final = 65_536
# The names of Vite's files carry a hash of their content: index-BfX2k9aQ.js
HASHED_NAME: Final = re.compile(r"^/static/console/assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
# What WhiteNoise reads of a request, under the names of WSGI.
READ_HEADERS: Final = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"range": "HTTP_RANGE",
}


class StaticFiles(WhiteNoiseMiddleware):
    """An ASGI application over the files Django's finders know."""

    def __init__(self) -> None:
        super().__init__(get_response=None)

    def immutable_file_test(self, path: str, url: str) -> bool:
        return HASHED_NAME.match(url) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await asyncio.to_thread(self._find, scope["path"])
        if found is None:
            raise Refused("not_found", f"{scope['path']} does not exist.")
        response = await asyncio.to_thread(
            found.get_response, scope["method"], _read_headers(scope)
        )
        try:
            await _stream(response, send)
        finally:
            if response.file is not None:
                response.file.close()

    def _find(self, path: str) -> StaticFile | None:
        found: StaticFile | None = (
            self.find_file(path) if self.autorefresh else self.files.get(path)
        )
        return found


def _read_headers(scope: Scope) -> dict[str, str]:
    return {
        READ_HEADERS[name]: value.decode("latin-1")
        for name, value in scope["headers"]
        if name in READ_HEADERS
    }


async def _stream(response: Response, send: Send) -> None:
    headers: list[Any] = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in response.headers
    ]
    headers.append((b"x-content-type-options", b"nosniff"))
    await send({"type": RESPONSE_START, "status": int(response.status), "headers": headers})
    if response.file is not None:
        while chunk := await asyncio.to_thread(response.file.read, CHUNK_BYTES):
            await send({"type": RESPONSE_BODY, "body": chunk, "more_body": True})
    await send({"type": RESPONSE_BODY, "body": b""})
