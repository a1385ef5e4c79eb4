"""People added by an operator instead of coming by invitation."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Membership, Role, Tenant, User
from accounts.services.changes import record_created
from accounts.services.sign_in import reset_path
from accounts.services.users import create_user
from accounts.tenancy import platform_scope


def enrol_user(
    *,
    actor: Actor,
    email: str,
    display_name: str = "",
    superadmin: bool = False,
    tenant_slug: str | None = None,
    role: str = Role.DEVELOPER,
) -> tuple[User, str]:
    """The account and the one-time path by which its person sets a password."""
    if role not in Role.values:
        raise Invalid.one(field="role", message=f"{role!r} is none of {', '.join(Role.values)}")
    try:
        validate_email(email.strip())
    except ValidationError:
        raise Invalid.one(field="email", message=f"{email!r} is no e-mail address") from None
    with platform_scope("an operator adds a person"):
        tenant = _tenant(tenant_slug)
        user = create_user(
            email=email, password=None, display_name=display_name, superadmin=superadmin
        )
        record_created(actor=actor, row=user, kind="user", tenant_id=None)
        if tenant is not None:
            member = Membership.objects.create(tenant=tenant, user=user, role=role)
            record_created(actor=actor, row=member, kind="member", tenant_id=tenant.pk)
        return user, reset_path(user=user)


def _tenant(slug: str | None) -> Tenant | None:
    if slug is None:
        return None
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Invalid.one(field="tenant", message=f"there is no tenant {slug!r}")
    return tenant
