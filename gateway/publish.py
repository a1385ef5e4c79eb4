"""From a changed row to what the data plane reads: noted, compiled, published, acknowledged.

Laws: a change is noted in its own transaction, so none is lost; only rows that are committed are
compiled, one compiler at a time, and each compiled object takes the next version under that lock,
so versions become visible in their order; an object that compiles to what it was before takes none;
an object that cannot be compiled waits, is told, and holds up no other.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, cast
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, QuerySet
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from accounts import compile as accounts
from accounts.models import ApiKey, CompiledSpec, ConfigChange, ConfigVersion, Tenant
from accounts.signals import configuration_changed
from accounts.tenancy import platform_scope
from gateway.snapshot.acks import BEHIND, CHANNEL, KEYS
from providers import compile as providers
from providers.models import DataKey, PricePage, Provider
from routing import compile as routing
from routing.models import Alias, RoutingSettings

log = structlog.get_logger(__name__)

BATCH: Final = 500
REDIS_TIMEOUT_S: Final = 1.0
WAIT_S: Final = 2.0
LOOK_S: Final = 0.02
# Out, or without an address, as in a process that only migrates.
NO_REDIS: Final = (RedisError, ValueError)
SCOPE: Final = "compile what has changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is fetched, and how one row of it is compiled."""

    rows: Callable[[], QuerySet[Any]]
    compile: Callable[[Any], msgspec.Struct]


# What changes but means nothing to the data plane (people, teams, …) has no line here.
KINDS: Final[Mapping[str, Kind]] = {
    "tenant": Kind(rows=Tenant.objects.all, compile=accounts.compile_tenant),
    "key": Kind(
        rows=lambda: ApiKey.objects.prefetch_related("secrets", "aws_pairs"),
        compile=accounts.compile_key,
    ),
    "data_key": Kind(
        rows=lambda: DataKey.objects.filter(destroyed_at=None), compile=providers.compile_data_key
    ),
    "provider": Kind(
        rows=lambda: (
            Provider.objects.filter(archived_at=None)
            .select_related("parent")
            .prefetch_related("credentials", "upstream_models")
        ),
        compile=providers.compile_provider,
    ),
    "price_page": Kind(
        rows=lambda: PricePage.objects.prefetch_related("prices"),
        compile=providers.compile_price_page,
    ),
    "alias": Kind(rows=Alias.objects.all, compile=routing.compile_alias),
    "routing_settings": Kind(rows=RoutingSettings.objects.all, compile=routing.compile_settings),
}
# Decide whom a key still lets in; nobody who revokes one has to wait for a back-end's broken row.
ADMITTING: Final = frozenset({"tenant", "key"})
# What rows compile to changes with these: all code below the data plane, the defaults it reads.
CODE: Final = ("accounts", "protocols", "providers", "routing")
# Data that what is compiled is made of, as much as of code.
TABLES: Final = ("providers/data/betas.json", "providers/data/tools.json")
DEFAULTS: Final = "BACKEND_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """`version` holds every change committed before, but those of these kinds that wait."""

    version: int
    waiting: frozenset[str]


class Workers(msgspec.Struct, frozen=True):
    """Of the data plane: how many live, and how many of these do not have a version yet."""

    alive: int
    behind: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """For people; `workers` is None while Redis does not answer."""

    version: int
    waiting: int
    objects: dict[str, int]
    workers: Workers | None


@dataclass(kw_only=True)
class Publisher:
    redis_url: str

    @cached_property
    def _redis(self) -> Redis:
        """Connects when first used; fails fast, never retries."""
        return Redis.from_url(
            self.redis_url,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )

    def listen(self) -> None:
        configuration_changed.connect(
            self._on_change, weak=False, dispatch_uid="configuration_noted"
        )

    def _on_change(self, *, kind: str, id: Any, tenant: UUID | None, **_: Any) -> None:  # noqa: A002 - the signal's own word
        if kind not in KINDS:
            return
        note_change(kind=kind, object_id=str(id), tenant_id=tenant)
        # However much a transaction changes, it is compiled once.
        if all(row[1] != self._compile_committed for row in connection.run_on_commit):
            transaction.on_commit(self._compile_committed, robust=True)

    def _compile_committed(self) -> None:
        self.compile_pending()

    def compile_pending(self) -> Compiled:
        """Compiles and publishes what is noted and committed; harmless to repeat."""
        failed: set[int] = set()
        waiting: set[str] = set()
        while True:
            with platform_scope(SCOPE):
                state = ConfigVersion.objects.select_for_update().get()
                began = state.version
                changes = list(
                    ConfigChange.objects.filter(kind__in=KINDS)
                    .exclude(pk__in=failed)
                    .order_by("pk")[:BATCH]
                )
                failed |= _compile(changes, state=state)
                waiting |= {change.kind for change in changes if change.pk in failed}
                state.save(update_fields=["version"])
                done = {change.pk for change in changes} - failed
                ConfigChange.objects.filter(pk__in=done).delete()
            if state.version != began:
                self._publish(state.version)
            if len(changes) < BATCH:
                return Compiled(version=state.version, waiting=frozenset(waiting))

    def compile_after_upgrade(self) -> None:
        """Compiles every row again when the code that does so has changed."""
        digest = _digest_of_code()
        with platform_scope("compile every row after an upgrade"):
            state = ConfigVersion.objects.select_for_update().get()
            if state.compiled_by != digest:
                for kind, table in KINDS.items():
                    ids = table.rows().prefetch_related(None).values_list("pk", flat=True)
                    ConfigChange.objects.bulk_create(
                        [ConfigChange(kind=kind, object_id=str(pk)) for pk in ids],
                        batch_size=BATCH,
                    )
                state.compiled_by = digest
                state.save(update_fields=["compiled_by"])
        self.compile_pending()

    def wait_for_workers(self) -> bool:
        """Whether all live workers have what is committed of keys; asks them for WAIT_S at most."""
        until = time.monotonic() + WAIT_S
        try:
            compiled = self.compile_pending()
            while not compiled.waiting & ADMITTING:
                workers = self._workers(compiled.version)
                if not workers.behind or time.monotonic() >= until:
                    return workers.alive > 0 and not workers.behind
                time.sleep(LOOK_S)
        except (DatabaseError, *NO_REDIS) as error:
            log.warning("propagation_unknown", error=str(error))
        return False

    def state(self) -> State:
        with platform_scope("an operator looks at the compiled configuration"):
            version = ConfigVersion.objects.get().version
            rows = CompiledSpec.objects.exclude(payload=None).order_by("kind")
            objects = dict(rows.values_list("kind").annotate(Count("object_id")))
            waiting = ConfigChange.objects.count()
        try:
            workers = self._workers(version)
        except NO_REDIS:
            workers = None
        return State(version=version, waiting=waiting, objects=objects, workers=workers)

    def _workers(self, version: int) -> Workers:
        found = cast("list[int]", self._redis.eval(BEHIND, len(KEYS), *KEYS, str(version)))
        return Workers(*found)

    def _publish(self, version: int) -> None:
        """Workers look each second by themselves; this only makes them look at once."""
        try:
            self._redis.publish(CHANNEL, version)
        except NO_REDIS as error:
            log.warning("version_not_published", version=version, error=str(error))


@cache
def publisher() -> Publisher:
    """Of this process, once Django is set up."""
    return Publisher(redis_url=settings.REDIS_URL)


def note_change(*, kind: str, object_id: str, tenant_id: UUID | None) -> None:
    """In the transaction of the change."""
    ConfigChange.objects.create(kind=kind, object_id=object_id, tenant_id=tenant_id)


def _compile(changes: Sequence[ConfigChange], *, state: ConfigVersion) -> set[int]:
    """Writes what differs, each under a version of its own; the changes that must wait."""
    failed: set[int] = set()
    wanted: dict[str, dict[str, set[int]]] = {}
    for change in changes:
        wanted.setdefault(change.kind, {}).setdefault(change.object_id, set()).add(change.pk)
    for kind, changed in wanted.items():
        known = {
            row.object_id: row
            for row in CompiledSpec.objects.filter(kind=kind, object_id__in=changed)
        }
        fresh = dict.fromkeys(changed, None) | dict(_rows(kind, ids=changed))
        writes = []
        for object_id, row in fresh.items():
            try:
                compiled = _compiled(kind, object_id=object_id, row=row, known=known.get(object_id))
            except DatabaseError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad row must not keep others from being published
                log.error("row_not_compiled", kind=kind, object_id=object_id, error=str(error))
                failed |= changed[object_id]
                continue
            if compiled is not None:
                state.version += 1
                compiled.version = state.version
                writes.append(compiled)
        CompiledSpec.objects.bulk_create(
            writes,
            update_conflicts=True,
            unique_fields=["kind", "object_id"],
            update_fields=["name", "version", "payload"],
        )
    return failed


def _rows(kind: str, *, ids: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for row in KINDS[kind].rows().filter(pk__in=ids):
        yield str(row.pk), row


def _compiled(
    kind: str, *, object_id: str, row: Any, known: CompiledSpec | None
) -> CompiledSpec | None:
    """What to write; None when it is there already."""
    if row is None:
        name, payload = known.name if known else "", None
    else:
        spec = KINDS[kind].compile(row)
        name = getattr(spec, "public_id", object_id)
        payload = msgspec.json.encode(spec, order="deterministic")
    before = None if known is None or known.payload is None else bytes(known.payload)
    if payload == before:
        return None
    return CompiledSpec(kind=kind, object_id=object_id, name=name, payload=payload)


def _digest_of_code() -> str:
    digest = hashlib.sha256()
    for package in CODE:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            digest.update(path.read_bytes())
    for table in TABLES:
        digest.update((settings.BASE_DIR / table).read_bytes())
    defaults = {
        name: getattr(settings, name) for name in dir(settings) if name.startswith(DEFAULTS)
    }
    digest.update(msgspec.json.encode(defaults, order="deterministic"))
    return digest.hexdigest()
