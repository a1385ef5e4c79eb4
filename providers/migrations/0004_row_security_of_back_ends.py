from django.db import migrations

from accounts.row_security import BOUND_TENANT, protect

# Of the platform's rows a tenant reads what it may use; its credentials nobody but the platform.
SHARED = (
    f"tenant_id IS NULL AND {BOUND_TENANT} IS NOT NULL"
    f" AND (visible_to IS NULL OR {BOUND_TENANT} = ANY (visible_to))"
)
OF_SHARED = f"tenant_id IS NULL AND {BOUND_TENANT} IS NOT NULL AND provider_id IN (SELECT id FROM providers)"


class Migration(migrations.Migration):
    dependencies = [("providers", "0003_back_ends")]

    operations = [
        protect("providers", readable=SHARED),
        protect("provider_credentials"),
        protect("provider_models", readable=OF_SHARED),
        protect("provider_health_checks", readable=OF_SHARED),
    ]
