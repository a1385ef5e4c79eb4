"""The key as which requests without a key act, where the operator allows them.

Law: nobody made it, so no audit row tells it, as with tenant `default`.
"""

from typing import Final

from accounts.keys import new_public_id
from accounts.models import ApiKey, Tenant
from accounts.services.changes import announce
from accounts.services.key_fields import DEFAULT_CLIENT_SCOPES
from accounts.tenancy import platform_scope

NAME: Final = "anonymous"
OF_TENANT: Final = "default"


def provide_anonymous_key() -> bool:
    """Once, and without a secret: nobody can send it. True when it was made."""
    with platform_scope("the anonymous key of every installation"):
        tenant = Tenant.objects.filter(slug=OF_TENANT).first()
        rows = ApiKey.objects.filter(kind=ApiKey.Kind.ANONYMOUS)
        if tenant is None or rows.exists():
            return False
        key = ApiKey(
            tenant=tenant,
            public_id=new_public_id(),
            name=NAME,
            kind=ApiKey.Kind.ANONYMOUS,
            scopes=list(DEFAULT_CLIENT_SCOPES),
        )
        key.save(force_insert=True)
        announce(kind="key", row_id=key.pk, tenant_id=tenant.pk)
    return True
