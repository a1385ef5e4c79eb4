"""From a full key to its row: proof of possession, before any tenant is known."""

from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, ApiKeySecret
from accounts.peppers import digests_of
from accounts.tenancy import platform_scope


def key_in_possession(*, value: str) -> ApiKey | None:
    """Found by digest alone; None when no live secret fits."""
    with platform_scope("find a management key by its digest"):
        still_live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        secret = (
            ApiKeySecret.objects.filter(still_live, digest__in=digests_of(value).values())
            .select_related("key__tenant", "key__owner")
            .first()
        )
        return None if secret is None else secret.key
