"""The first answer to a write, kept for a day, so that a repeat changes nothing.

Law: the claim is made in the transaction of the write: a parallel repeat waits for it, and a write
that fails leaves no claim behind.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import IdempotencyKey

KEPT_FOR: Final = timedelta(hours=24)
PLATFORM_SCOPE: Final = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    status: int
    body: Any


def claim(*, tenant_id: UUID | None, key: str, request_sha256: bytes) -> KeptAnswer | None:
    """None for the first request with this key; another request raises idempotency_key_reuse."""
    scope = str(tenant_id) if tenant_id else PLATFORM_SCOPE
    rows = IdempotencyKey.objects.filter(scope=scope, key=key)
    rows.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    mine = IdempotencyKey(tenant_id=tenant_id, scope=scope, key=key, request_sha256=request_sha256)
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    row = rows.select_for_update().get()
    if bytes(row.request_sha256) != request_sha256:
        raise Refused("idempotency_key_reuse")
    return None if row.status is None else KeptAnswer(status=row.status, body=row.body)


def keep(*, tenant_id: UUID | None, key: str, answer: KeptAnswer) -> None:
    scope = str(tenant_id) if tenant_id else PLATFORM_SCOPE
    IdempotencyKey.objects.filter(scope=scope, key=key).update(
        status=answer.status, body=answer.body
    )


def forget_old_answers() -> int:
    """Inside `platform_scope`; counts the rows."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return int(old.delete()[0])
