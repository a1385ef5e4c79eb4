"""Django admin as its tests use it: the default tenant, a form sent back, the audit it leaves."""

from typing import Any

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform_scope
from tests.browser import Browser


def default_tenant() -> Tenant:
    with platform_scope("test"):
        return Tenant.objects.get(slug="default")


def save(browser: Browser, path: str, fields: dict[str, Any]) -> Any:
    page = browser.get(path)
    assert page.status_code == 200, page.content
    form = page.context["adminform"].form
    data = {
        name: "" if (value := form.get_initial_for_field(field, name)) is None else value
        for name, field in form.fields.items()
    }
    data = {name: value for name, value in data.items() if value is not False}
    data = {
        name: ",".join(value) if isinstance(value, list) else value for name, value in data.items()
    }
    token = page.context["csrf_token"]
    return browser.client.post(path, {**data, **fields, "csrfmiddlewaretoken": str(token)})


def audit_rows() -> list[AuditEntry]:
    with platform_scope("test"):
        return list(AuditEntry.objects.order_by("at", "id"))
