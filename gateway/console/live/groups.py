"""Who hears of a change.

Laws: a group's name is derived from the session, the person or the tenant they were let into, never
from what a client sends, and shows no session; a notice is sent after the commit, one per group
however much a transaction changes; a notice that cannot be sent delays nobody, because every socket
also looks for itself.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

from accounts.signals import configuration_changed

# Methods of the consumer, as Channels spells them in messages.
PERMISSION_CHANGED: Final = "permission.changed"
LIVE_CHANGED: Final = "live.changed"

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Notice:
    """Sent when called; `ids` are what changed, where a group hears of rows."""

    group: str
    type: str
    ids: set[str] = field(default_factory=set)

    def __call__(self) -> None:
        message = {"type": self.type, "group": self.group, "ids": sorted(self.ids)}
        try:
            async_to_sync(get_channel_layer().group_send)(self.group, message)
        except Exception as error:  # noqa: BLE001 - a channel layer that is out must not fail a sign-out
            log.warning("live_notice_not_sent", error=str(error))


def session_group(session_key: str) -> str:
    return f"session.{hashlib.sha256(session_key.encode()).hexdigest()[:40]}"


def user_group(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def tenant_group(tenant_id: UUID | None) -> str:
    """Hears that somebody's rights in the tenant may be others."""
    return f"tenant.{_owner(tenant_id)}"


def health_group(tenant_id: UUID | None) -> str:
    """Of a tenant's providers, or of the platform's."""
    return f"health.{_owner(tenant_id)}"


def _owner(tenant_id: UUID | None) -> str:
    return tenant_id.hex if tenant_id else "platform"


def listen() -> None:
    configuration_changed.connect(_on_change, dispatch_uid="live_changed")


def _rights_in(tenant_id: UUID | None) -> Notice:
    return Notice(group=tenant_group(tenant_id), type=PERMISSION_CHANGED)


def _health(provider_id: Any, tenant_id: UUID | None) -> Notice:
    return Notice(group=health_group(tenant_id), type=LIVE_CHANGED, ids={str(provider_id)})


# What changed (kind) → who hears it, from the row's id and its tenant.
NOTICES: Final[Mapping[str, Callable[[Any, Any], Notice]]] = {
    "session": lambda key, _: Notice(group=session_group(str(key)), type=PERMISSION_CHANGED),
    "user": lambda user_id, _: Notice(group=user_group(user_id), type=PERMISSION_CHANGED),
    "member": lambda _, tenant_id: _rights_in(tenant_id),
    "team_member": lambda _, tenant_id: _rights_in(tenant_id),
    "tenant": lambda tenant_id, _: _rights_in(tenant_id),
    "provider": _health,
    "provider_health": _health,
}


def _on_change(*, kind: str, id: Any, tenant: UUID | None, **_: Any) -> None:  # noqa: A002 - the signal's own word
    if kind in NOTICES:
        _after_commit(NOTICES[kind](id, tenant))


def _after_commit(notice: Notice) -> None:
    for row in connection.run_on_commit:
        waiting: Any = row[1]
        if isinstance(waiting, Notice) and waiting.group == notice.group:
            waiting.ids |= notice.ids
            return
    transaction.on_commit(notice, robust=True)
