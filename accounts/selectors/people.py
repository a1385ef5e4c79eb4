"""People and tenants across the installation; inside `platform_scope`."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.mfa import FACTORS
from accounts.models import Membership, Tenant, User
from accounts.selectors.authenticators import authenticators


def all_users() -> QuerySet[User]:
    """With `tenants` and `mfa_enabled`."""
    memberships = (
        Membership.objects.filter(user_id=OuterRef("pk"))
        .order_by("tenant__name")
        .values(
            json=JSONObject(
                id="tenant_id",
                slug="tenant__slug",
                name="tenant__name",
                role="role",
                status="status",
            )
        )
    )
    factors = authenticators().filter(user_id=OuterRef("pk"), type__in=FACTORS)
    return User.objects.annotate(tenants=ArraySubquery(memberships), mfa_enabled=Exists(factors))


def all_tenants() -> QuerySet[Tenant]:
    return Tenant.objects.all()
