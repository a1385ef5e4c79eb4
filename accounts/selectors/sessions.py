"""A person's own sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    id: str
    current: bool
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


def open_sessions(*, user_id: UUID, current_key: str | None) -> list[OpenSession]:
    """Those whose cookie still works, the current one first."""
    rows = list(UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at"))
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    found = [
        OpenSession(
            id=str(row.pk),
            current=row.session_key == current_key,
            ip=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda session: not session.current)
