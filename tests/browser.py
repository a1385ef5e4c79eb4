"""A browser's share of the console's API: cookies, CSRF header, JSON."""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.test import Client

from accounts.models import AuditEntry, Membership, Role, Tenant, User
from accounts.services.users import create_user
from accounts.tenancy import platform_scope

EMAIL: Final = "ana@example.test"
PASSWORD: Final = "correct-horse-battery"
AUTH: Final = "/api/auth/browser/v1"


class Browser:
    """Sends what the built console sends; CSRF is enforced, unlike with Django's plain client."""

    def __init__(self, *, ip: str = "198.51.100.7", origin: str = "http://localhost") -> None:
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=ip)
        self.csrf = ""
        self.https = origin.startswith("https://")
        self.headers = {"host": origin.partition("://")[2], "referer": f"{origin}/login"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={**self.headers, **headers}, secure=self.https)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if not self.csrf:
            self.csrf = self.get("/api/console/boot").json()["csrf"]
        response = self.client.generic(
            method,
            path,
            data=b"" if body is None else _json(body),
            content_type="application/json",
            headers={**self.headers, "x-csrftoken": self.csrf, **headers},
            secure=self.https,
        )
        if "csrftoken" in response.cookies:
            self.csrf = response.cookies["csrftoken"].value
        return response

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def sign_in(self, *, email: str, password: str = PASSWORD) -> Any:
        return self.post(f"{AUTH}/auth/login", {"email": email, "password": password})

    def me(self, **headers: str) -> Any:
        return self.get("/api/console/me", **headers)

    def enrol(self) -> str:
        """Sets up an authenticator app; gives its secret."""
        secret: str = self.get(f"{AUTH}/account/authenticators/totp").json()["meta"]["secret"]
        done = self.post(f"{AUTH}/account/authenticators/totp", {"code": totp(secret)})
        assert done.status_code == 200, done.content
        return secret


def _json(body: Any) -> bytes:
    return msgspec.json.encode(body)


def totp(secret: str) -> str:
    """RFC 6238, computed here so that the product is not checked against itself."""
    counter = int(datetime.now(UTC).timestamp()) // 30
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    value = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{value % 1_000_000:06d}"


def signed_in(email: str = EMAIL, **changes: str) -> Browser:
    browser = Browser(**changes)
    assert browser.sign_in(email=email).status_code == 200
    return browser


def audit_actions() -> list[str]:
    """In the order of what happened."""
    with platform_scope("test"):
        return list(AuditEntry.objects.order_by("at", "id").values_list("action", flat=True))


def make_person(
    email: str = EMAIL, *, role: str | None = Role.OWNER, superadmin: bool = False
) -> User:
    """With a membership in tenant `default`, unless `role` is None."""
    user = create_user(email=email, password=PASSWORD, superadmin=superadmin)
    if role is not None:
        with platform_scope("test"):
            tenant = Tenant.objects.get(slug="default")
            Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def change_default_tenant(**values: Any) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(slug="default").update(**values)
