from django.db import migrations

from accounts.row_security import BOUND_TENANT, BOUND_USER, append_only, protect

OWN_TENANTS = f"id IN (SELECT tenant_id FROM memberships WHERE user_id = {BOUND_USER})"
OWN_INVITES = f"lower(email) = (SELECT lower(u.email) FROM users u WHERE u.id = {BOUND_USER})"


def make_default_tenant(apps, schema_editor):
    apps.get_model("accounts", "Tenant").objects.using(schema_editor.connection.alias).create(
        slug="default", name="Default"
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(make_default_tenant, migrations.RunPython.noop),
        # PostgreSQL alters no table whose deferred checks are still waiting.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        protect("tenants", own=f"id = {BOUND_TENANT}", readable=OWN_TENANTS),
        protect("teams"),
        protect("team_members", readable=f"user_id = {BOUND_USER}"),
        protect("memberships", readable=f"user_id = {BOUND_USER}"),
        protect("invites", readable=OWN_INVITES),
        protect("api_keys"),
        protect("api_key_secrets"),
        protect("audit_logs"),
        protect("audit_heads"),
        protect("idempotency_keys"),
        append_only("audit_logs"),
    ]
