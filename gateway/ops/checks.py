"""`switchyard check`, and the same check before every start.

Law: a finding says what is wrong and what to do; errors keep a process from starting, warnings do
not.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import httpx
import msgspec
import psycopg

from gateway import env
from gateway.ops.configuration import Configuration
from gateway.ops.logins import LoginRights, rights_of
from gateway.ops.outcome import CommandFailed, Exit
from gateway.setting_table import SETTINGS

REQUIRED: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SWITCHYARD_KEK",
    "SWITCHYARD_KEY_PEPPER",
)
# The first migration adds the tenant `default`, so this table always has a row to hide.
PROBE_TABLE: Final = "tenants"
PROBE_TIMEOUT_S: Final = 5.0
# Records of days that have no table: transfers lie where their records do.
STRAYS: Final = """
WITH days AS (
  SELECT to_date(substring(c.relname from '[0-9]{8}$'), 'YYYYMMDD') AS day
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('cost_records') AND c.relname ~ '_p[0-9]{8}$'
), gaps AS (
  SELECT (day + 1)::timestamp AT TIME ZONE 'UTC' AS first,
    coalesce(lead(day) OVER (ORDER BY day)::timestamp AT TIME ZONE 'UTC', 'infinity') AS until
  FROM days
  UNION ALL SELECT '-infinity', min(day)::timestamp AT TIME ZONE 'UTC' FROM days
)
SELECT r.started_at FROM gaps CROSS JOIN LATERAL (
  SELECT started_at FROM cost_records WHERE started_at >= first AND started_at < until LIMIT 1
) r WHERE first < until LIMIT 1
"""
MASK: Final = "***"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    level: Literal["error", "warning"]
    text: str


class EffectiveSetting(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: str
    source: str


def check(configuration: Configuration) -> list[Finding]:
    """All findings; raises CommandFailed when the database cannot be asked."""
    findings = [*setting_findings(configuration)]
    if configuration.values["DATABASE_URL"]:
        try:
            findings += _database_findings(configuration.values)
        except psycopg.OperationalError as error:
            raise CommandFailed(f"DATABASE_URL: {error}", status=Exit.UNAVAILABLE) from None
    return findings


def require_clean(findings: Iterable[Finding]) -> list[str]:
    """The warnings; raises CommandFailed naming every error."""
    findings = list(findings)
    if errors := [finding.text for finding in findings if finding.level == "error"]:
        raise CommandFailed("\n".join(errors), status=Exit.USAGE)
    return [finding.text for finding in findings]


def _error(text: str) -> Finding:
    return Finding(level="error", text=text)


def _warning(text: str) -> Finding:
    return Finding(level="warning", text=text)


def setting_findings(configuration: Configuration) -> Iterator[Finding]:
    values = configuration.values
    for name in REQUIRED:
        if not values[name]:
            yield _error(f"{name} is not set; set it, or run switchyard up, which provides it")
    if values["REDIS_URL"] and not values["CACHE_REDIS_URL"]:
        yield _warning(
            "CACHE_REDIS_URL is not set: caches share the memory of REDIS_URL, "
            "which limits and broker need"
        )
    yield from map(_warning, env.unknown_names(configuration.given))


def _database_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    rights = rights_of(values["DATABASE_URL"])
    if rights.superuser or rights.bypasses_row_security:
        yield _superuser_finding(rights, allowed=values["ALLOW_SUPERUSER_DB"])
    elif _sees_probe_row(values["DATABASE_URL"]):
        yield _error(
            f"The login {rights.name} reads rows of {PROBE_TABLE} with no tenant bound: "
            "row-level security does not hold. Run switchyard migrate as the owner "
            "and let DATABASE_URL name a login that owns no table"
        )
    stray = _record_without_a_day(values["DATABASE_URL"])
    if stray is not None:
        yield _warning(
            f"A record of {stray:%Y-%m-%d} lies in cost_records_default, for its day has no "
            "partition: was the worker out for a week, or is a node's clock wrong?"
        )


def _superuser_finding(rights: LoginRights, *, allowed: bool) -> Finding:
    what = "is a superuser" if rights.superuser else "has BYPASSRLS"
    text = f"The runtime login {rights.name} {what}: row-level security does not bind it"
    if allowed:
        return _warning(f"{text} (ALLOW_SUPERUSER_DB=true)")
    return _error(
        f"{text}. Give DATABASE_URL a login without it (switchyard db grants), "
        "or set ALLOW_SUPERUSER_DB=true"
    )


def _sees_probe_row(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=5) as connection:
        table = connection.execute("SELECT to_regclass(%s)", [PROBE_TABLE]).fetchone()
        if table is None or table[0] is None:
            return False
        readable = connection.execute(
            "SELECT has_table_privilege(%s, 'SELECT')", [PROBE_TABLE]
        ).fetchone()
        if readable is None or not readable[0]:
            return False
        return connection.execute(f"SELECT 1 FROM {PROBE_TABLE} LIMIT 1").fetchone() is not None  # noqa: S608


def _record_without_a_day(url: str) -> datetime | None:
    with psycopg.connect(url, connect_timeout=5) as connection:
        # NULL before the first migration.
        readable = connection.execute(
            "SELECT has_table_privilege(to_regclass('cost_records'), 'SELECT')"
        ).fetchone()
        if readable is None or not readable[0]:
            return None
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        row = connection.execute(STRAYS).fetchone()
    return None if row is None else row[0]


def pending_migrations() -> list[str]:
    """Needs Django set up."""
    from django.db import connection  # noqa: PLC0415 - before Django's settings exist, no import
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_migrated() -> None:
    if pending := pending_migrations():
        raise CommandFailed(
            f"Migrations are not applied: {', '.join(pending)}; run switchyard migrate",
            status=Exit.FINDING,
        )


def effective_settings(configuration: Configuration) -> list[EffectiveSetting]:
    return [
        EffectiveSetting(
            name=row.name,
            value=_shown(configuration.values[row.name], secret=row.secret),
            source=configuration.source(row.name),
        )
        for row in SETTINGS
    ]


def _shown(value: object, *, secret: bool) -> str:
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return MASK if secret and value else str(value)


def probe_health(configuration: Configuration) -> str:
    """The body of /health; raises CommandFailed when it does not answer 200."""
    url = f"{local_url(configuration)}/health"
    try:
        with httpx.Client(timeout=PROBE_TIMEOUT_S, trust_env=False) as client:
            response = client.get(url)
    except httpx.HTTPError as error:
        raise CommandFailed(f"{url}: {error}", status=Exit.FINDING) from None
    if response.status_code != httpx.codes.OK:
        raise CommandFailed(f"{url} answers {response.status_code}", status=Exit.FINDING)
    return response.text


def local_url(configuration: Configuration) -> str:
    """How this machine reaches the listener, whatever address it is bound to."""
    host = configuration.values["HOST"]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{configuration.values['PORT']}"
