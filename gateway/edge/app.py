"""The way in: path to surface.

Laws: paths of clients first, then exact ones, prefixes, the fallback; the path is the guard's and
is compared as it is; starting and stopping the process's Runtime happens here, whether or not the
server has a lifespan.
"""

from collections.abc import Mapping

import structlog

from accounts.errors import Refused
from gateway.edge.messages import App, Receive, Scope, Send
from gateway.edge.operations.surfaces import PROBED, is_client_path
from gateway.edge.runtime import IN_SCOPE, Runtimes

log = structlog.get_logger(__name__)


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    raise Refused("not_found", f"{scope['path']} does not exist.")


class Entry:
    def __init__(
        self,
        *,
        runtimes: Runtimes,
        exact: Mapping[str, App],
        prefixes: Mapping[str, App],
        sockets: Mapping[str, App],
        client_api: App = nothing_here,
        fallback: App,
    ) -> None:
        self._runtimes = runtimes
        self._client_api = client_api
        self._exact = exact
        self._prefixes = tuple(prefixes.items())
        self._sockets = sockets
        self._fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope["state"][IN_SCOPE] = await self._runtimes.current()
        await self._surface(scope)(scope, receive, send)

    def _surface(self, scope: Scope) -> App:
        path: str = scope["path"]
        if scope["type"] == "websocket":
            return self._sockets.get(path, nothing_here)
        if is_client_path(path) or (path == PROBED and scope["method"] == "HEAD"):
            return self._client_api
        if path in self._exact:
            scope["state"]["route"] = path
            return self._exact[path]
        for prefix, app in self._prefixes:
            if path.startswith(prefix):
                scope["state"]["route"] = prefix
                return app
        return self._fallback

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._runtimes.current()
        except Exception as error:  # the server must hear of it, or it waits for ever
            log.exception("start_failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        log.info("worker_started")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._runtimes.stop()
        log.info("worker_stopped")
        await send({"type": "lifespan.shutdown.complete"})
