"""What a key's fields may hold, whoever sets them: API, console, admin, command line, import.

Law: every check returns the stored form or raises Invalid naming the field, the bad value and the
remedy.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime

from accounts.addresses import Network
from accounts.errors import FieldProblem, Invalid
from accounts.models import ApiKey, Tenant
from accounts.permissions import ALL, PLATFORM

CLIENT_SCOPES: Final = (
    "inference",
    "embeddings",
    "models.read",
    "batch",
    "mcp",
    "ptc",
    "explain",
    "usage.read",
)
DEFAULT_CLIENT_SCOPES: Final = ("inference", "embeddings", "models.read", "explain", "usage.read")
# Platform capabilities and those of signed-in owners stay with people.
MANAGEMENT_SCOPES: Final = tuple(sorted(ALL - PLATFORM))
DIALECTS: Final = (
    "openai.chat",
    "openai.responses",
    "openai.embeddings",
    "anthropic.messages",
    "gemini.generate",
    "bedrock.converse",
)
MAX_NETWORKS: Final = 100
MAPPED_PREFIX: Final = 96
MAX_METADATA_PAIRS: Final = 16
METADATA_KEY_LENGTH: Final = 64
METADATA_VALUE_LENGTH: Final = 500
MODEL_GLOB: Final = re.compile(r"[^\s\x00-\x1f]{1,200}")
PATH_GLOB: Final = re.compile(r"/[^\s\x00-\x1f]{0,199}")

SCOPES_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    ApiKey.Kind.CLIENT: CLIENT_SCOPES,
    ApiKey.Kind.MANAGEMENT: MANAGEMENT_SCOPES,
}


def checked_fields(fields: Mapping[str, Any], *, tenant: Tenant) -> dict[str, Any]:
    """The stored form of every field given; Invalid names all bad ones at once."""
    stored: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, value in fields.items():
        check = CHECKS.get(name)
        try:
            stored[name] = check(name, value, tenant) if check else value
        except Invalid as invalid:
            problems.extend(invalid.problems)
    if problems:
        raise Invalid(problems)
    return stored


def checked_scopes(scopes: list[str], *, kind: str) -> list[str]:
    known = SCOPES_OF_KIND.get(kind, ())
    for position, scope in enumerate(scopes):
        if scope not in known:
            raise Invalid.one(
                field=f"scopes[{position}]",
                code="invalid_choice",
                message=f"{scope!r} is no scope of a {kind} key; known: {', '.join(known)}",
            )
    return _unique(scopes)


def expiry(
    value: str | date | None, *, reporting_tz: str, field: str = "expires_at"
) -> datetime | None:
    """A date without time means the end of that day in the tenant's reporting zone."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _parsed(value, field=field)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59, 999_999), tzinfo=ZoneInfo(reporting_tz))
    elif value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    try:
        value.astimezone(UTC)
    except OverflowError:
        # PostgreSQL would store it and Python could not read it back.
        raise Invalid.one(field=field, message="lies outside of the years 1 to 9999") from None
    return value


def _parsed(text: str, *, field: str) -> date | datetime:
    try:
        parsed = parse_date(text) or parse_datetime(text)
    except ValueError:
        parsed = None
    if parsed is None or (isinstance(parsed, datetime) and parsed.tzinfo is None):
        raise Invalid.one(
            field=field,
            message=f"{text!r} is neither a date as 2026-12-31 nor a time as 2026-12-31T18:00:00Z",
        )
    return parsed


def _networks(name: str, values: list[str], _tenant: Tenant) -> list[str]:
    if len(values) > MAX_NETWORKS:
        raise Invalid.one(
            field=name, code="too_many", message=f"{len(values)} networks; at most {MAX_NETWORKS}"
        )
    networks = []
    for position, value in enumerate(values):
        try:
            networks.append(str(_unmapped(ipaddress.ip_network(value.strip(), strict=False))))
        except ValueError:
            raise Invalid.one(
                field=f"{name}[{position}]",
                message=f"{value!r} is no network; write 203.0.113.7, 10.0.0.0/8 or fd00::/8",
            ) from None
    return _unique(networks)


def _unmapped(network: Network) -> Network:
    """IPv4 in IPv6 clothes as plain IPv4: that is how callers are seen."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < MAPPED_PREFIX:
        return network
    return ipaddress.ip_network(f"{mapped}/{network.prefixlen - MAPPED_PREFIX}")


def _globs(pattern: re.Pattern[str], example: str) -> Callable[[str, list[str], Tenant], list[str]]:
    def check(name: str, values: list[str], _tenant: Tenant) -> list[str]:
        for position, value in enumerate(values):
            if pattern.fullmatch(value) is None:
                raise Invalid.one(
                    field=f"{name}[{position}]", message=f"{value!r} does not fit; write {example}"
                )
        return _unique(values)

    return check


def _dialects(name: str, values: list[str], _tenant: Tenant) -> list[str]:
    for position, value in enumerate(values):
        if value not in DIALECTS:
            raise Invalid.one(
                field=f"{name}[{position}]",
                code="invalid_choice",
                message=f"{value!r} is no dialect; known: {', '.join(DIALECTS)}",
            )
    return _unique(values)


def _metadata(name: str, pairs: dict[str, str], _tenant: Tenant) -> dict[str, str]:
    if len(pairs) > MAX_METADATA_PAIRS:
        raise Invalid.one(
            field=name, code="too_many", message=f"{len(pairs)} pairs; at most {MAX_METADATA_PAIRS}"
        )
    for key, value in pairs.items():
        if not 1 <= len(key) <= METADATA_KEY_LENGTH or "\0" in key:
            raise Invalid.one(
                field=f"{name}.{key[:METADATA_KEY_LENGTH]!r}",
                message=f"names of pairs have 1 to {METADATA_KEY_LENGTH} characters",
            )
        if len(value) > METADATA_VALUE_LENGTH or "\0" in value:
            raise Invalid.one(
                field=f"{name}.{key}",
                message=f"values of pairs have at most {METADATA_VALUE_LENGTH} characters",
            )
    return pairs


def _expiry(name: str, value: Any, tenant: Tenant) -> datetime | None:
    return expiry(value, reporting_tz=tenant.reporting_tz, field=name)


def _tags(_name: str, values: list[str], _tenant: Tenant) -> list[str]:
    return _unique([value.strip() for value in values if value.strip()])


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


_models: Final = _globs(MODEL_GLOB, "a model name, or a pattern with * as gpt-4*")
_paths: Final = _globs(PATH_GLOB, "a path as /v1/chat/completions, or a pattern with * as /v1/*")

CHECKS: Final[Mapping[str, Callable[[str, Any, Tenant], Any]]] = {
    "metadata": _metadata,
    "tags": _tags,
    "allowed_models": _models,
    "denied_models": _models,
    "allowed_dialects": _dialects,
    "allowed_paths": _paths,
    "allowed_ips": _networks,
    "denied_ips": _networks,
    "expires_at": _expiry,
}
