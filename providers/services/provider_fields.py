"""What a provider's fields may hold, whoever sets them: API, console, admin, command line.

Law: every check returns the stored form or raises Invalid naming the field, the bad value and the
remedy.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from django.conf import settings

from accounts.access import Access
from accounts.errors import FieldProblem, Invalid
from providers.adapters.headers import HeaderRefused, require_extra
from providers.adapters.registry import ADAPTERS
from providers.adapters.urls import BadUrl, normalised_base_url
from providers.addresses import RefusedAddress
from providers.kinds import MOCK
from providers.ownership import PLATFORM
from providers.proxies import proxy_of
from providers.services.refusals import ADDRESS_REFUSED

SLUG: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
MULTIPLIER: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
MAX_HEADERS: Final = 50
MAX_HEADER: Final = 2_000
PARTS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "region": (re.compile(r"[a-z][a-z0-9-]{0,39}"), "a region as us-east-1, or a location as eu"),
    "project": (re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"), "a project id as my-project-1"),
    "resource": (re.compile(r"[a-z0-9][a-z0-9-]{0,62}"), "the name of a resource as my-resource"),
    "api_version": (re.compile(r"[A-Za-z0-9.-]{1,40}"), "a version as 2024-10-21"),
    "data_region": (re.compile(r"[A-Za-z0-9_.-]{1,40}"), "a word as eu"),
}


def checked_fields(
    fields: Mapping[str, Any], *, kind: str, access: Access, platform: bool
) -> dict[str, Any]:
    """The stored form of every field given; Invalid names all bad ones at once."""
    stored: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, value in fields.items():
        try:
            stored[name] = _checked(name, value, kind=kind)
            _require_right(name, value, access=access, platform=platform)
        except Invalid as invalid:
            problems.extend(invalid.problems)
    if problems:
        raise Invalid(problems)
    return stored


def checked_slug(slug: str, *, parent_slug: str) -> str:
    if SLUG.fullmatch(slug) is None:
        raise Invalid.one(
            field="slug",
            message=f"{slug!r} does not fit; a letter, then up to 62 of a-z, 0-9, _ and -",
        )
    return f"{parent_slug}.{slug}" if parent_slug else slug


def checked_base_url(text: str, *, kind: str, field: str = "base_url") -> tuple[str, list[str]]:
    """As it is stored, and what was changed that a person should know; empty stays empty."""
    if kind == MOCK:
        if text.strip() not in {"", "mock:"}:
            raise Invalid.one(field=field, message="the mock answers at mock: and nowhere else")
        return "mock:", []
    if not text.strip():
        return "", []
    try:
        url, notices = normalised_base_url(text)
        settings.EGRESS_POLICY.check_url(url)
    except BadUrl as bad:
        raise Invalid.one(field=field, message=str(bad)) from None
    except RefusedAddress as refused:
        raise Invalid.one(field=field, code=ADDRESS_REFUSED, message=str(refused)) from None
    return url, list(notices)


def _require_right(name: str, value: Any, *, access: Access, platform: bool) -> None:
    if name == "proxy_url" and value and not access.holds(PLATFORM):
        raise Invalid.one(field=name, message="set by who runs the platform, not by tenants")
    if name == "visible_to" and value is not None and not platform:
        raise Invalid.one(field="visibility", message="only providers of the platform are shared")


def _checked(name: str, value: Any, *, kind: str) -> Any:
    if name in PARTS:
        return checked_part(name, value)
    if name in {"pool_strategy", "disconnect_policy"}:
        return value or ""
    if name == "base_url":
        return checked_base_url(value, kind=kind)[0]
    if name == "surfaces":
        return _surfaces(value, kind=kind)
    check = CHECKS.get(name)
    return check(value) if check else value


def checked_part(name: str, value: str) -> str:
    pattern, example = PARTS[name]
    if value and pattern.fullmatch(value) is None:
        raise Invalid.one(field=name, message=f"{value!r} does not fit; write {example}")
    return value


def _surfaces(rows: list[Mapping[str, str]], *, kind: str) -> list[dict[str, str]]:
    adapter = ADAPTERS[kind]
    known = [surface.dialect for surface in adapter.surfaces(adapter.default_base_url)]
    stored = []
    for position, row in enumerate(rows):
        if row["dialect"] not in known:
            raise Invalid.one(
                field=f"surfaces[{position}].dialect",
                code="invalid_choice",
                message=f"{row['dialect']!r} is not spoken by {kind}; known: {', '.join(known)}",
            )
        url, _ = checked_base_url(
            row["base_url"], kind=kind, field=f"surfaces[{position}].base_url"
        )
        stored.append({"dialect": row["dialect"], "base_url": url})
    return stored


def checked_headers(pairs: Mapping[str, str]) -> dict[str, str]:
    if len(pairs) > MAX_HEADERS:
        raise Invalid.one(
            field="headers", code="too_many", message=f"{len(pairs)} headers; at most {MAX_HEADERS}"
        )
    stored = {}
    for name, value in pairs.items():
        try:
            lower, checked = require_extra(name, value)
        except HeaderRefused as refused:
            raise Invalid.one(field=f"headers.{name[:60]}", message=str(refused)) from None
        if len(checked) > MAX_HEADER or not checked.isascii() or not checked.isprintable():
            raise Invalid.one(
                field=f"headers.{lower}",
                message=f"a value is plain ASCII of at most {MAX_HEADER} characters",
            )
        stored[lower] = checked
    return stored


def _proxy_url(text: str) -> str:
    if not text.strip():
        return ""
    try:
        proxy = proxy_of(text.strip())
    except RefusedAddress as refused:
        raise Invalid.one(field="proxy_url", message=str(refused)) from None
    if proxy.authorization:
        raise Invalid.one(
            field="proxy_url", message="name no password here: it would stay in clear"
        )
    return proxy.place.origin


def _multiplier(text: Any) -> Decimal:
    if isinstance(text, str) and MULTIPLIER.fullmatch(text) is None:
        raise Invalid.one(
            field="cost_multiplier", message=f"{text!r} is no plain decimal below 1000, as 1.25"
        )
    return Decimal(text)


CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "headers": checked_headers,
    "proxy_url": _proxy_url,
    "cost_multiplier": _multiplier,
}
