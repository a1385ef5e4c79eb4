"""Whether a session still belongs to somebody who may be here."""

from importlib import import_module
from typing import Any

from channels.auth import get_user
from django.conf import settings


def session_store(session_key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(session_key)


async def signed_in_user(session_key: str) -> Any | None:
    """The active person; None when the session expired, ended or met a new password."""
    user = await get_user({"session": session_store(session_key)})
    return user if user.is_authenticated and user.is_active else None
