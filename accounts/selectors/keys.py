"""Keys as a caller may see them: all of the tenant, those of led teams, or own ones."""

import re
from datetime import datetime
from typing import Final

from django.db.models import BooleanField, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.access import Access
from accounts.models import ApiKey, ApiKeySecret

KEY_ID_PREFIX: Final = "key_"
KEY_ID: Final = re.compile(r"key_([0-9a-z]{12})", re.ASCII)
# Session and anonymous keys are the product's own; nobody manages them by hand.
MANAGED_KINDS: Final = (ApiKey.Kind.CLIENT, ApiKey.Kind.MANAGEMENT)
# Patterns are stored with `*`; everything LIKE would read as a wildcard is escaped first.
PATTERN_FITS: Final = (
    "EXISTS (SELECT 1 FROM unnest(api_keys.{column}) AS pattern WHERE %s LIKE"
    r" replace(replace(replace(replace(pattern, '\', '\\'), '%%', '\%%'), '_', '\_'), '*', '%%'))"
)


def visible_keys(*, access: Access) -> QuerySet[ApiKey]:
    rows = ApiKey.objects.filter(tenant=access.the_tenant(), kind__in=MANAGED_KINDS)
    if not access.holds("key.create_any"):
        mine = Q(pk__in=[])
        if access.holds("key.create_own"):
            mine |= Q(owner_id=access.user_id)
        if access.holds("key.create_team"):
            mine |= Q(team_id__in=access.led_teams)
        rows = rows.filter(mine)
    live = Prefetch("secrets", queryset=ApiKeySecret.objects.order_by("-id"))
    joined: QuerySet[ApiKey] = rows.select_related(
        "owner", "team", "created_by", "tenant"
    ).prefetch_related(live)
    return joined


def public_id_in(key_id: str) -> str:
    """The public id inside `key_<public id>`; empty when it is none."""
    found = KEY_ID.fullmatch(key_id)
    return found[1] if found else ""


def with_status(rows: QuerySet[ApiKey], *, status: str) -> QuerySet[ApiKey]:
    """Also by `expired`, which is derived and wins over active."""
    now = timezone.now()
    if status == "expired":
        return rows.filter(status=ApiKey.Status.ACTIVE, expires_at__lte=now)
    if status == ApiKey.Status.ACTIVE:
        return rows.filter(status=status).filter(Q(expires_at=None) | Q(expires_at__gt=now))
    return rows.filter(status=status)


def that_may_call(rows: QuerySet[ApiKey], *, model: str) -> QuerySet[ApiKey]:
    allowed = RawSQL(PATTERN_FITS.format(column="allowed_models"), [model], BooleanField())  # noqa: S611 - the column is ours, the model is a parameter
    denied = RawSQL(PATTERN_FITS.format(column="denied_models"), [model], BooleanField())  # noqa: S611 - likewise
    return (
        rows.alias(model_allowed=allowed, model_denied=denied)
        .filter(Q(allowed_models=[]) | Q(model_allowed=True))
        .filter(model_denied=False)
    )


def that_mention(rows: QuerySet[ApiKey], *, text: str) -> QuerySet[ApiKey]:
    return rows.filter(
        Q(name__icontains=text)
        | Q(description__icontains=text)
        | Q(public_id=text.removeprefix(KEY_ID_PREFIX))
        | Q(tags__contains=[text])
        | Q(owner__email__icontains=text)
    )


def status_of(key: ApiKey, *, now: datetime) -> str:
    expired = key.expires_at is not None and key.expires_at <= now
    return "expired" if expired and key.status == ApiKey.Status.ACTIVE else key.status


def live_secrets(key: ApiKey, *, now: datetime) -> list[ApiKeySecret]:
    """Newest first."""
    rows = sorted(key.secrets.all(), key=lambda secret: secret.id, reverse=True)
    return [secret for secret in rows if secret.expires_at is None or secret.expires_at > now]
