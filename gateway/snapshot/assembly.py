"""Puts compiled rows together into snapshots.

Laws: a snapshot once handed out never changes, so a shard is copied before its first change after
that; the order of rows of one object decides, that of different objects does not; a row that cannot
be read removes what it was to replace (the row may be the one that revokes a key), is told once and
counted, and disturbs no other.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol

import msgspec
import structlog

from accounts.specs import KeySpec, TenantSpec
from gateway.snapshot.rows import DECODERS, UNDECODABLE, Row
from gateway.snapshot.snapshot import SHARD_CHARS, Snapshot
from providers.adapters.base import Revealable
from providers.pricebook import PriceBook
from providers.specs import CredentialSpec, DataKeySpec, PricePageSpec, ProviderSpec
from routing.names import Names
from routing.specs import AliasSpec, RoutingSpec

log = structlog.get_logger(__name__)


class CannotOpen(Exception):
    """A sealed value stays shut; says why."""


class Opener(Protocol):
    """Holds the keys of the envelope; the assembly tells it of data keys as they come."""

    def learn(self, key: DataKeySpec) -> None: ...

    def forget(self, key_id: str) -> None: ...

    def open(self, credential: CredentialSpec, *, tenant_id: str | None) -> Revealable:
        """Raises CannotOpen."""
        ...


class Assembly:
    """What holds now, decoded. `take` and `settle` do a little per step, for whoever must not
    hold the event loop for long; `snapshot` follows a finished `settle`."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._tenants: dict[str, TenantSpec] = {}
        self._shards: dict[str, dict[str, KeySpec]] = {}
        self._anonymous: dict[str, KeySpec] = {}
        self._copied: set[str] = set()  # shards that no snapshot has seen yet
        self._given: dict[str, ProviderSpec] = {}  # as compiled
        self._providers: dict[str, ProviderSpec] = {}  # with the credentials that can be used
        self._sealed: dict[str, bytes] = {}  # credential id -> what its secret was opened from
        self._secrets: dict[str, Revealable] = {}
        self._pages: dict[str, PricePageSpec] = {}
        self._book = PriceBook()
        self._repriced = False  # the pages say something else than the book
        self._aliases: dict[str, AliasSpec] = {}
        self._settings: dict[str, RoutingSpec] = {}
        self._unsettled: set[str] = set()
        self._shut: dict[str, set[str]] = {}  # provider -> its credentials that do not open
        self._changed: set[str] = set()
        self._renamed: set[str | None] = set()  # owners whose names may be others now
        self._bad: dict[tuple[str, str], str] = {}
        self._put: Final[dict[str, Callable[[Row, Any], None]]] = {
            "tenant": self._put_tenant,
            "key": self._put_key,
            "data_key": self._put_data_key,
            "provider": self._put_provider,
            "price_page": self._put_prices,
            "alias": self._put_alias,
            "routing_settings": self._put_routing,
        }
        self._last = Snapshot(
            version=0,
            tenants={},
            key_shards={},
            providers={},
            secrets={},
            names=Names(),
        )

    @property
    def bad_rows(self) -> int:
        """Rows that cannot be read and secrets that do not open."""
        return len(self._bad)

    def take(self, rows: Iterable[Row]) -> Iterator[None]:
        for row in rows:
            decoder = DECODERS.get(row.kind)
            if decoder is not None:
                self._changed.add(row.kind)
                self._put[row.kind](row, self._decoded(row, decoder))
            yield

    def settle(self) -> Iterator[None]:
        """Opens the secrets of what has come, and binds its prices."""
        if self._repriced:
            book = PriceBook()
            for page in self._pages.values():
                yield from book.take(page)
                yield  # a page is sorted at its end
            self._book, self._repriced = book, False
        for provider_id in sorted(self._unsettled):
            self._settle(provider_id)
            self._unsettled.discard(provider_id)
            yield

    def snapshot(self, version: int) -> Snapshot:
        """Shares with the one before what has not changed."""
        last, changed = self._last, self._changed
        fields: dict[str, Any] = {"version": version}
        if "tenant" in changed:
            fields["tenants"] = dict(self._tenants)
        if "key" in changed:
            fields["key_shards"] = dict(self._shards)
            fields["anonymous"] = self._anonymous[min(self._anonymous)] if self._anonymous else None
            self._copied.clear()
        if changed & {"provider", "data_key"}:
            fields["providers"], fields["secrets"] = dict(self._providers), dict(self._secrets)
        if "price_page" in changed:
            fields["prices"] = self._book
        if self._renamed:
            fields["names"] = last.names.renewed(
                owners=self._renamed,
                providers=self._providers.values(),
                aliases=self._aliases.values(),
                settings={spec.tenant_id: spec for spec in self._settings.values()},
            )
        self._changed, self._renamed = set(), set()
        self._last = msgspec.structs.replace(last, **fields)
        return self._last

    def _decoded(self, row: Row, decoder: msgspec.json.Decoder[Any]) -> Any:
        place = (row.kind, row.object_id)
        if row.payload is None:
            self._bad.pop(place, None)
            return None
        try:
            spec = decoder.decode(row.payload)
        except UNDECODABLE as error:
            self._tell_bad(place, str(error))
            return None
        self._bad.pop(place, None)
        return spec

    def _tell_bad(self, place: tuple[str, str], why: str) -> None:
        if self._bad.get(place) != why:
            log.error("bad_row", kind=place[0], object_id=place[1], error=why)
        self._bad[place] = why

    def _put_tenant(self, row: Row, spec: TenantSpec | None) -> None:
        _put(self._tenants, row.name, spec)

    def _put_key(self, row: Row, spec: KeySpec | None) -> None:
        name = row.name[:SHARD_CHARS]
        shard = self._shards.get(name, {})
        if name not in self._copied:
            shard = dict(shard)
            self._copied.add(name)
        _put(shard, row.name, spec)
        _put(self._shards, name, shard or None)
        _put(self._anonymous, row.name, spec if spec and spec.kind == "anonymous" else None)

    def _put_data_key(self, row: Row, spec: DataKeySpec | None) -> None:
        if spec is not None:
            self._opener.learn(spec)
            self._unsettled |= self._shut.keys()
            return
        # Shredded: what was opened with it must not be used any longer either.
        self._opener.forget(row.object_id)
        self._sealed.clear()
        self._unsettled |= self._given.keys()

    def _put_provider(self, row: Row, spec: ProviderSpec | None) -> None:
        _put(self._given, row.name, spec)
        self._unsettled.add(row.name)

    def _put_prices(self, row: Row, spec: PricePageSpec | None) -> None:
        _put(self._pages, row.name, spec)
        self._repriced = True

    def _put_alias(self, row: Row, spec: AliasSpec | None) -> None:
        self._rename(self._aliases.get(row.name), spec)
        _put(self._aliases, row.name, spec)

    def _put_routing(self, row: Row, spec: RoutingSpec | None) -> None:
        self._rename(self._settings.get(row.name), spec)
        _put(self._settings, row.name, spec)

    def _rename(self, *specs: ProviderSpec | AliasSpec | RoutingSpec | None) -> None:
        self._renamed |= {spec.tenant_id for spec in specs if spec is not None}

    def _settle(self, provider_id: str) -> None:
        before, given = self._providers.get(provider_id), self._given.get(provider_id)
        self._rename(before, given)
        kept = () if given is None else given.credentials
        known = {row.id for row in (before.credentials if before else ())}
        known |= self._shut.pop(provider_id, set())
        for credential_id in known - {row.id for row in kept}:
            self._drop_secret(credential_id)
            self._bad.pop(("credential", credential_id), None)
        if given is None:
            self._providers.pop(provider_id, None)
            return
        usable = tuple(row for row in kept if self._opens(row, provider=given))
        self._providers[provider_id] = (
            given if usable == kept else msgspec.structs.replace(given, credentials=usable)
        )

    def _opens(self, credential: CredentialSpec, *, provider: ProviderSpec) -> bool:
        if self._sealed.get(credential.id) == credential.sealed:
            return True
        place = ("credential", credential.id)
        self._drop_secret(credential.id)
        try:
            if credential.sealed:
                self._secrets[credential.id] = self._opener.open(
                    credential, tenant_id=provider.tenant_id
                )
        except CannotOpen as error:
            self._tell_bad(place, str(error))
            self._shut.setdefault(provider.id, set()).add(credential.id)
            return False
        self._sealed[credential.id] = credential.sealed
        self._bad.pop(place, None)
        return True

    def _drop_secret(self, credential_id: str) -> None:
        self._sealed.pop(credential_id, None)
        self._secrets.pop(credential_id, None)


def _put(table: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value
