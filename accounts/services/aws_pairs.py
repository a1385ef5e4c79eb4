"""Pairs of keys for clients that sign, as AWS's SDKs do.

Rule 1: the secret exists in one return value, and sealed in its row.
Rule 2: a pair can do what its key can, and ends with it.
Rule 3: how secrets are sealed is set from outside, once, at start-up, by the composition root:
accounts must not know where data keys live.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import aws_pairs
from accounts.access import Access
from accounts.actors import Actor
from accounts.audit import record
from accounts.models import ApiKey, AwsPair
from accounts.services.changes import announce, target_of
from accounts.services.keys import checked_overlap, key_to_arm


class Sealer(Protocol):
    def seal(self, *, value: str, access_key_id: str, tenant_id: UUID) -> bytes: ...


class Sealing:
    sealer: ClassVar[Sealer]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedPair:
    """The row of the key and, this once, the secret."""

    key: ApiKey
    pair: aws_pairs.MintedPair


@transaction.atomic
def issue_pair(
    *,
    actor: Actor,
    access: Access,
    key_id: str,
    overlap_s: int,
    expected_version: int | None = None,
) -> IssuedPair:
    """The pairs before it stay valid for the overlap."""
    checked_overlap(overlap_s)
    key = key_to_arm(key_id, access=access, expected_version=expected_version)
    now = timezone.now()
    ends_at = now + timedelta(seconds=overlap_s)
    AwsPair.objects.filter(key=key, expires_at__lte=now).delete()
    AwsPair.objects.filter(key=key, expires_at=None).update(expires_at=ends_at)
    AwsPair.objects.filter(key=key, expires_at__gt=ends_at).update(expires_at=ends_at)
    minted = aws_pairs.mint(key.public_id)
    AwsPair(
        tenant_id=key.tenant_id,
        key=key,
        access_key_id=minted.access_key_id,
        sealed_secret=Sealing.sealer.seal(
            value=minted.secret_access_key,
            access_key_id=minted.access_key_id,
            tenant_id=key.tenant_id,
        ),
    ).save(force_insert=True)
    key.save(update_fields=["updated_at"])
    record(
        actor=actor,
        action="key.aws_pair",
        target=target_of(key, kind="key"),
        tenant_id=key.tenant_id,
        after={"access_key_id": minted.access_key_id, "old_pairs_end_at": ends_at},
    )
    announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
    return IssuedPair(key=key, pair=minted)
