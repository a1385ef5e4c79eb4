"""The channel `requests`: exchanges as they begin and end.

Laws: what is told is decided by the predicates of the REST list, with the rights of this moment; of
an exchange only the latest word is told, and never `running` after its end; who was told that an
exchange runs is told its end as well, whatever the filter says of it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis

from accounts.access import Access
from accounts.tenancy import tenant_scope
from billing.request_facts import RUNNING, Facts
from billing.request_filters import NEEDS, Condition, Sight, conditions_of, fits
from billing.request_rows import row_of
from billing.selectors.request_names import names_in
from gateway.console.live.contract import Wish
from gateway.console.live.groups import tenant_group
from gateway.console.live.reading import Reading
from gateway.console.live.tails import (
    Entry,
    Tails,
    between,
    is_trimmed,
    parsed_place,
)
from gateway.telemetry.live_rows import live_key

MAX_ROWS: Final = 200
MAX_RUNNING: Final = 2_000  # as many rows as a page keeps

TAILS: Final = Tails()


@dataclass(slots=True, kw_only=True, eq=False)
class RequestSubscription:
    id: int
    tenant: str
    groups: frozenset[str]
    sight: Sight
    conditions: tuple[Condition, ...]
    cursor: str = ""
    needs: tuple[str, ...] = NEEDS
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    seq: int = 0
    dropped: int = 0
    _gathered_to: str = ""
    _has_gap: bool = False
    _waiting: dict[str, Facts] = field(default_factory=dict)
    _taken: dict[str, Facts] = field(default_factory=dict)
    _running: dict[str, None] = field(default_factory=dict)

    @classmethod
    def opened(cls, wish: Wish, access: Access) -> "RequestSubscription":
        """Raises Invalid for what is no filter."""
        asked = {
            name: [texts] if isinstance(texts, str) else texts
            for name, texts in wish.filter.items()
        }
        tenant_id = access.the_tenant().id
        return cls(
            id=wish.id,
            tenant=str(tenant_id),
            groups=frozenset({tenant_group(tenant_id)}),
            sight=Sight.of(access),
            conditions=conditions_of(asked),
            cursor=wish.cursor,
        )

    # --- on the event loop ------------------------------------------------------------------------

    async def join(self, redis: Redis) -> dict[str, Any]:
        """Listens from here on, and reads what came since the cursor."""
        place = await TAILS.join(self.tenant, redis=redis, listener=self)
        since, self.cursor = self.cursor, place
        if since:
            await self._replay(redis, since=since, until=place)
        return {"op": "ok", "id": self.id, "cursor": place}

    def leave(self) -> None:
        TAILS.leave(self.tenant, listener=self)

    def heard(self, entries: Sequence[Entry]) -> None:
        for place, facts in entries:
            self.cursor = place
            if self._is_wanted(facts):
                self._put(self._waiting, facts)
                self.wake.set()

    def missed(self) -> None:
        self._has_gap = True
        self.wake.set()

    def changed(self, ids: Sequence[str]) -> None:
        """Notices of groups are about rights alone."""

    def gather(self) -> None:
        # Of what is heard from here on, the place is not told before the rows are.
        self._gathered_to = self.cursor
        waiting, self._waiting = self._waiting, {}
        for facts in waiting.values():
            self._put(self._taken, facts)

    def frames(self, reading: Reading) -> list[dict[str, Any]]:
        self._taken = {}
        dropped, self.dropped = self.dropped, 0
        has_gap, self._has_gap = self._has_gap, False
        told: list[dict[str, Any]] = [{"op": "gap", "id": self.id}] if has_gap else []
        if reading.rows or dropped:
            self.seq += 1
            told.append(
                {
                    "op": "ev",
                    "id": self.id,
                    "seq": self.seq,
                    "cursor": self._gathered_to,
                    "rows": list(reading.rows.values()),
                    "dropped": dropped,
                }
            )
        return told

    # --- in a thread ------------------------------------------------------------------------------

    def read(self, access: Access) -> Reading:
        """What has been gathered, for those rights."""
        self.sight = Sight.of(access)
        seen = [facts for facts in self._taken.values() if self.sight.fits(facts)]
        if not seen:
            return Reading(rows={})
        with tenant_scope(tenant_id=access.the_tenant().id):
            names = names_in(seen)
        return Reading(rows={facts.request_id: row_of(facts, names) for facts in seen})

    # ----------------------------------------------------------------------------------------------

    async def _replay(self, redis: Redis, *, since: str, until: str) -> None:
        key = live_key(self.tenant)
        try:
            parsed_place(since)
        except ValueError:
            self._has_gap = True
            return
        if await is_trimmed(redis, key, after=since):
            self._has_gap = True
            return
        self.heard(await between(redis, key, after=since, until=until))

    def _is_wanted(self, facts: Facts) -> bool:
        if not self.sight.fits(facts):
            return False
        is_running = facts.status == RUNNING
        was_told = not is_running and facts.request_id in self._running
        if was_told:
            del self._running[facts.request_id]
        if not fits(self.conditions, facts):
            return was_told
        if is_running:
            self._running[facts.request_id] = None
            if len(self._running) > MAX_RUNNING:
                del self._running[next(iter(self._running))]
        return True

    def _put(self, rows: dict[str, Facts], facts: Facts) -> None:
        """The latest MAX_ROWS are kept."""
        before = rows.pop(facts.request_id, None)
        if before is not None and before.status != RUNNING and facts.status == RUNNING:
            facts = before
        rows[facts.request_id] = facts
        if len(rows) > MAX_ROWS:
            del rows[next(iter(rows))]
            self.dropped += 1
