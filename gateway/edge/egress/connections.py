"""Connections to vendors: lent out, taken back, kept for the next request.

Laws: a lane is one origin by one way; no more than its limit is lent at a time, and who waits for
one is served in order; what was found closed is thrown away before a byte is written to it;
whoever stops waiting leaves nothing behind.
"""

import asyncio
import select
from collections import deque
from time import monotonic
from typing import Final

from gateway.edge.egress.aiohttp_connection import VendorConnection
from gateway.edge.egress.connecting import Connector, Route
from gateway.edge.egress.upstream import Deadlines, PoolExhausted, TimedOut

IDLE_S: Final = 30.0
IDLE_MAX: Final = 64  # kept per lane
# Anything there on a connection nobody has asked on is its end, or nothing we want.
NEWS: Final = select.POLLIN | select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Lane:
    __slots__ = ("_connector", "_idle", "_lent", "_limit", "_loop", "_route", "_taken", "_waiting")

    def __init__(self, *, route: Route, connector: Connector, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._route = route
        self._connector = connector
        self._limit = limit
        self._taken = 0  # lent, or being opened
        self._lent: set[VendorConnection] = set()
        self._idle: deque[tuple[VendorConnection, float]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, deadlines: Deadlines) -> VendorConnection:
        """A connection that nothing has been written to since it was found open."""
        if self._taken < self._limit:
            self._taken += 1
        else:
            await self._turn(deadlines)
        connection = self._kept()
        if connection is None:
            connection = await self._opened(deadlines)
        self._lent.add(connection)
        return connection

    def back(self, connection: VendorConnection) -> None:
        self._lent.discard(connection)
        if len(self._idle) < IDLE_MAX:
            self._idle.append((connection, monotonic()))
        else:
            connection.abort()
        self._free()

    def lost(self, connection: VendorConnection) -> None:
        if connection in self._lent:
            self._lent.discard(connection)
            self._free()

    def sweep(self, before: float) -> bool:
        """Closes what has been idle since then; whether the lane is still of use."""
        while self._idle and self._idle[0][1] <= before:
            self._idle.popleft()[0].abort()
        return bool(self._idle or self._taken)

    def close(self) -> None:
        for connection in (*self._lent, *(kept for kept, _ in self._idle)):
            connection.abort()
        self._idle.clear()

    async def _turn(self, deadlines: Deadlines) -> None:
        turn = self._loop.create_future()
        self._waiting.append(turn)
        left_s = deadlines.total_at - monotonic()
        try:
            async with asyncio.timeout(min(deadlines.pool_s, left_s)):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._free()  # it came as we left
            if not isinstance(error, TimeoutError):
                raise
            if left_s < deadlines.pool_s:
                raise TimedOut("total", sent=False) from None
            raise PoolExhausted("no connection came free in time") from None

    def _free(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # the place goes to the next in line
                return
        self._taken -= 1

    def _kept(self) -> VendorConnection | None:
        """The one used last: it is the least likely to have been closed meanwhile."""
        oldest = monotonic() - IDLE_S
        while self._idle:
            connection, since = self._idle.pop()
            if since > oldest and connection.is_open() and not _has_news(connection.fileno()):
                return connection
            connection.abort()
        return None

    async def _opened(self, deadlines: Deadlines) -> VendorConnection:
        connection = VendorConnection(loop=self._loop, lane=self)
        seconds = min(deadlines.connect_s, deadlines.total_at - monotonic())
        try:
            await self._connector.connect(self._route, connection, seconds=seconds)
        except BaseException:
            connection.abort()
            self._free()
            raise
        return connection


class Lanes:
    """Every lane that is in use, and the broom that closes what nobody used for a while."""

    def __init__(self, *, connector: Connector, limit: int) -> None:
        self._connector = connector
        self._limit = limit
        self._lanes: dict[str, Lane] = {}
        self._broom: asyncio.TimerHandle | None = None

    def lane(self, name: str) -> Lane | None:
        return self._lanes.get(name)

    def open_lane(self, name: str, route: Route) -> Lane:
        lane = self._lanes[name] = Lane(route=route, connector=self._connector, limit=self._limit)
        if self._broom is None:
            self._broom = asyncio.get_running_loop().call_later(IDLE_S, self._sweep)
        return lane

    def close(self) -> None:
        if self._broom is not None:
            self._broom.cancel()
        for lane in self._lanes.values():
            lane.close()

    def _sweep(self) -> None:
        before = monotonic() - IDLE_S
        self._lanes = {name: lane for name, lane in self._lanes.items() if lane.sweep(before)}
        self._broom = None
        if self._lanes:
            self._broom = asyncio.get_running_loop().call_later(IDLE_S, self._sweep)


def _has_news(fileno: int) -> bool:
    poll = select.poll()
    poll.register(fileno, NEWS)
    return bool(poll.poll(0))
