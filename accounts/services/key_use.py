"""When a key was used last; no change of the key, so neither audit row nor version."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from accounts.models import ApiKey
from accounts.tenancy import tenant_scope

# Every use would be an UPDATE; a minute is near enough for people.
NOTED_EVERY: Final = timedelta(minutes=1)


def note_use(*, key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
        return
    with tenant_scope(tenant_id=key.tenant_id):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
