"""Audit of operations: one hash-chained row per change, in the transaction of the change.

Rule 1: a failure here fails the change.
Rule 2: `hash = SHA-256(prev_hash ‖ canonical JSON of the row)`; `seq` has no gap, because the head
row of the chain is locked while a row is added.
Rule 3: values of secret fields never arrive here; `changed_fields` replaces them.
"""

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.actors import Actor
from accounts.models import AuditEntry, AuditHead, Editable

PLATFORM_CHAIN: Final = "platform"
CHANGED: Final = {"changed": True}
# Counters and stamps of the row itself say nothing about the change.
UNTOLD: Final = frozenset({"id", "version", "created_at", "updated_at", "tenant", "created_by"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    type: str
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    chain: str
    rows: int
    first_bad_seq: int | None

    @property
    def ok(self) -> bool:
        return self.first_bad_seq is None


def record(  # noqa: PLR0913 - the row has these facts
    *,
    actor: Actor,
    action: str,
    target: Target,
    tenant_id: UUID | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Adds the row to the tenant's chain, or to the platform's where `tenant_id` is None."""
    chain = str(tenant_id) if tenant_id else PLATFORM_CHAIN
    head = _locked_head(chain=chain, tenant_id=tenant_id)
    entry = AuditEntry(
        tenant_id=tenant_id,
        chain=chain,
        seq=head.seq + 1,
        at=timezone.now(),
        actor_type=actor.type,
        actor_id=actor.id,
        actor_label=actor.label,
        ip=actor.ip,
        user_agent=actor.user_agent[:300],
        action=action,
        object_type=target.type,
        object_id=target.id,
        object_label=target.label[:254],
        before=_plain(before or {}),
        after=_plain(after or {}),
        reason=reason[:500],
        request_id=actor.request_id,
        prev_hash=bytes(head.hash),
    )
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    head.seq, head.hash = entry.seq, entry.hash
    head.save(update_fields=["seq", "hash"])
    return entry


def _locked_head(*, chain: str, tenant_id: UUID | None) -> AuditHead:
    AuditHead.objects.bulk_create(
        [AuditHead(chain=chain, tenant_id=tenant_id)], ignore_conflicts=True
    )
    return AuditHead.objects.select_for_update().get(chain=chain)


def entry_hash(entry: AuditEntry) -> bytes:
    canonical = msgspec.json.encode(canonical_row(entry), order="deterministic")
    return hashlib.sha256(bytes(entry.prev_hash) + canonical).digest()


def canonical_row(entry: AuditEntry) -> dict[str, Any]:
    """What the hash covers, in plain values; exports carry the same."""
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": _utc(entry.at),
        "actor_type": entry.actor_type,
        "actor_id": entry.actor_id,
        "actor_label": entry.actor_label,
        "ip": _address(entry.ip),
        "user_agent": entry.user_agent,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "object_label": entry.object_label,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "request_id": entry.request_id,
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _address(ip: str | None) -> str | None:
    """One spelling: PostgreSQL and Python write some IPv6 addresses differently."""
    return str(ipaddress.ip_address(ip)) if ip else None


def verify_chain(*, chain: str) -> ChainReport:
    """Walks the chain from its first row to its head; names the first bad or missing one."""
    head = AuditHead.objects.filter(chain=chain).first()
    previous, expected = bytes(32), 0
    for entry in _entries(chain):
        expected += 1
        intact = (
            entry.seq == expected
            and bytes(entry.prev_hash) == previous
            and bytes(entry.hash) == entry_hash(entry)
        )
        if not intact:
            return ChainReport(chain=chain, rows=expected - 1, first_bad_seq=expected)
        previous = bytes(entry.hash)
    whole = (head.seq, bytes(head.hash)) == (expected, previous) if head else not expected
    return ChainReport(chain=chain, rows=expected, first_bad_seq=None if whole else expected + 1)


def _entries(chain: str) -> Iterator[AuditEntry]:
    return AuditEntry.objects.filter(chain=chain).order_by("seq").iterator(chunk_size=1000)


def signed_head(*, chain: str) -> dict[str, Any]:
    """The last link, signed with the installation's secret: proof of what a chain held."""
    head = AuditHead.objects.filter(chain=chain).first()
    seq, last = (head.seq, bytes(head.hash).hex()) if head else (0, bytes(32).hex())
    told = f"{chain}:{seq}:{last}"
    signature = salted_hmac("accounts.audit.head", told, algorithm="sha256").hexdigest()
    return {"chain": chain, "seq": seq, "hash": last, "signature": signature}


def snapshot_of(row: models.Model) -> dict[str, Any]:
    """The row's stored values by field name; take it before and after a change."""
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001


def changed_fields(
    row: Editable, *, before: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ now, as (before, after); secret ones only as changed."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name, value in snapshot_of(row).items():
        if name in UNTOLD or before.get(name) == value:
            continue
        secret = name in row.secret_fields
        old[name] = CHANGED if secret else before.get(name)
        new[name] = CHANGED if secret else value
    return old, new


def created_fields(row: Editable) -> dict[str, Any]:
    """What an audit row of a creation tells: every field that is not empty."""
    told = changed_fields(row, before={})[1]
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(dict(values), enc_hook=str)
    return plain
