"""The hidden key by which a signed-in person's own calls are told apart and limited.

It has no secret: nobody can present it, only the console's own view acts by it.
"""

from accounts import keys
from accounts.access import Access
from accounts.models import ApiKey
from accounts.services.members import queue_on_tenant

SCOPES = ["inference", "embeddings", "models.read"]


def session_key(*, access: Access) -> ApiKey:
    """The person's in the bound tenant, made when first needed."""
    tenant = access.the_tenant()
    rows = ApiKey.objects.filter(kind=ApiKey.Kind.SESSION, owner_id=access.user_id)
    found = rows.first()
    if found is not None:
        return found
    queue_on_tenant(tenant.id)
    found = rows.first()
    if found is None:
        found = ApiKey(
            tenant=tenant,
            public_id=keys.new_public_id(),
            name="Console session",
            owner_id=access.user_id,
            kind=ApiKey.Kind.SESSION,
            scopes=SCOPES,
        )
        found.save(force_insert=True)
    return found
