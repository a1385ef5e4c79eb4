"""Who hears that a session or a person changed.

Laws: a group's name is derived from the session or the person, never from what a client sends, and
shows neither; a notice is sent after the commit; a notice that cannot be sent delays nobody,
because every socket also looks for itself.
"""

import hashlib
from typing import Any, Final
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from accounts.signals import configuration_changed

# The method of the consumer, as Channels spells it in messages.
PERMISSION_CHANGED: Final = "permission.changed"

log = structlog.get_logger(__name__)


def session_group(session_key: str) -> str:
    return f"session.{hashlib.sha256(session_key.encode()).hexdigest()[:40]}"


def user_group(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def notify_session(session_key: str) -> None:
    """Its sockets look at once whether they may stay."""
    _after_commit(session_group(session_key))


def notify_user(user_id: UUID) -> None:
    _after_commit(user_group(user_id))


def listen() -> None:
    configuration_changed.connect(_on_change, dispatch_uid="live_permission_changed")


def _on_change(*, kind: str, id: Any, **_: Any) -> None:  # noqa: A002 - the signal's own word
    if kind == "session":
        notify_session(str(id))
    elif kind == "user":
        notify_user(id)


def _after_commit(group: str) -> None:
    transaction.on_commit(lambda: _send(group), robust=True)


def _send(group: str) -> None:
    try:
        async_to_sync(get_channel_layer().group_send)(group, {"type": PERMISSION_CHANGED})
    except Exception as error:  # noqa: BLE001 - a channel layer that is out must not fail a sign-out
        log.warning("live_notice_not_sent", error=str(error))
