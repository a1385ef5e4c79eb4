"""The corpus' own replay server, loaded from where it lies, on this event loop.

Its book is kept with the raw bytes of bodies, which identity is judged by.
"""

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator
from typing import Any

from tests.protocols.corpus import CORPUS


def _module() -> Any:
    spec = importlib.util.spec_from_file_location("replay_server", CORPUS / "replay_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Replay:
    """`url(id)` is a provider's base URL that answers with one recording."""

    def __init__(self, module: Any, paths: list[str]) -> None:
        replay = self

        class Keeping(module.Server):  # type: ignore[misc] # loaded at run time
            async def read_body(self, *arguments: Any) -> bytes:
                body: bytes = await super().read_body(*arguments)
                replay.bodies.append(body)
                return body

        self._module = module
        self._server: Any = Keeping(
            module.Corpus(paths),
            {
                "delay_ms": 0,
                "split": 0,
                "abort_after": None,
                "hang_after": None,
                "use_recorded_chunks": False,
            },
        )
        self._port = 0
        self.bodies: list[bytes] = []

    @property
    def paths(self) -> list[str]:
        """Of the requests since the last `forget`."""
        return [entry["path"] for entry in self._server.log]

    def url(self, exchange_id: str) -> str:
        return f"http://127.0.0.1:{self._port}/_corpus/by-id/{exchange_id}"

    def answers(self, exchange_id: str) -> bytes:
        """The bytes of the body it sends."""
        pieces, _, _ = self._module.response_pieces(self._server.c.recs[exchange_id])
        return b"".join(pieces)

    def cut(self, *, split: int = 0, as_recorded: bool = False) -> None:
        self._server.cfg.update(split=split, use_recorded_chunks=as_recorded)

    def forget(self) -> None:
        self.bodies.clear()
        self._server.log.clear()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Replay"]:
        server = await asyncio.start_server(self._server.handle, "127.0.0.1", 0, limit=2**24)
        self._port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


def replay_of(api: str) -> Replay:
    return Replay(_module(), [str(CORPUS / "dev" / f"{api}.jsonl")])
