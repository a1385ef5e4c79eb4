"""A caller of the management API in tests: a signed-in person, a key, or the master key."""

from datetime import timedelta
from typing import Any, Final

import msgspec
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from accounts.models import Tenant, User

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
V1: Final = "/api/v1"


class Api:
    """`call` answers with the response; every body is JSON."""

    def __init__(self, *, tenant: Tenant | str | None = None, ip: str = "198.51.100.9") -> None:
        self.client = Client(REMOTE_ADDR=ip, raise_request_exception=True)
        self.headers: dict[str, str] = {}
        if tenant is not None:
            slug = tenant if isinstance(tenant, str) else tenant.slug
            self.headers["X-Switchyard-Tenant"] = slug

    def as_user(self, user: User, *, proof_age: timedelta = timedelta(0)) -> "Api":
        """Signed in, with a proof of identity that old."""
        self.client.force_login(user, backend=BACKEND)
        request = HttpRequest()
        request.session = self.client.session
        record_authentication(request, user, method="password")
        request.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] -= proof_age.total_seconds()
        request.session.save()
        return self

    def with_key(self, value: str) -> "Api":
        self.headers["Authorization"] = f"Bearer {value}"
        return self

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        full = path if path.startswith("/") else f"{V1}/{path}"
        sent = {
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = b"" if body is None else msgspec.json.encode(body)
        return self.client.generic(
            method, full, data=data, content_type="application/json", headers=sent
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)
