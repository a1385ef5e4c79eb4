"""allauth's second factors, typed."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Model, QuerySet


def authenticators() -> QuerySet[Model]:
    rows: QuerySet[Any] = Authenticator.objects.all()
    return rows
