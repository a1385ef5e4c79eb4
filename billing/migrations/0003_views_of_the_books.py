import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

# With the rights of who asks: row security holds behind a view too.
RECORDS = """
CREATE VIEW cost_record_rows WITH (security_invoker = true) AS
SELECT request_id || ':' || attempt || ':' || kind AS key, r.* FROM cost_records r
"""
TRANSFERS = """
CREATE VIEW ledger_transfer_rows WITH (security_invoker = true) AS
SELECT t.ref || ':' || t.kind AS key, t.*, coalesce(d.kind, '') AS debit,
  coalesce(c.kind, '') AS credit
FROM ledger_transfers t
LEFT JOIN ledger_accounts d ON d.id = t.debit_id
LEFT JOIN ledger_accounts c ON c.id = t.credit_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_windows"),
    ]

    operations = [
        migrations.CreateModel(
            name="CostRecordRow",
            fields=[
                ("started_at", models.DateTimeField()),
                ("request_id", models.UUIDField()),
                ("attempt", models.SmallIntegerField(default=0)),
                ("kind", models.TextField(default="usage")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("team_id", models.UUIDField(blank=True, null=True)),
                ("user_id", models.UUIDField(blank=True, null=True)),
                ("key_id", models.TextField(blank=True, default="")),
                ("source", models.TextField(blank=True, default="")),
                ("session_hash", models.TextField(blank=True, default="")),
                ("agent_hash", models.TextField(blank=True, default="")),
                ("parent_agent_hash", models.TextField(blank=True, default="")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("dialect", models.TextField(blank=True, default="")),
                ("operation", models.TextField(blank=True, default="")),
                ("lane", models.TextField(blank=True, default="")),
                ("requested_model", models.TextField(blank=True, default="")),
                ("served_model", models.TextField(blank=True, default="")),
                ("provider_id", models.UUIDField(blank=True, null=True)),
                ("provider", models.TextField(blank=True, default="")),
                ("credential_id", models.UUIDField(blank=True, null=True)),
                ("credential", models.TextField(blank=True, default="")),
                ("upstream_name", models.TextField(blank=True, default="")),
                ("rule_id", models.UUIDField(blank=True, null=True)),
                ("stream", models.BooleanField(default=False)),
                ("cache_state", models.TextField(default="none")),
                (
                    "degraded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("simulated", models.BooleanField(default=False)),
                ("byok", models.BooleanField(default=False)),
                ("in_fresh", models.BigIntegerField(default=0)),
                ("in_cache_read", models.BigIntegerField(default=0)),
                ("in_cache_write_5m", models.BigIntegerField(default=0)),
                ("in_cache_write_30m", models.BigIntegerField(default=0)),
                ("in_cache_write_1h", models.BigIntegerField(default=0)),
                ("in_cache_write_12h", models.BigIntegerField(default=0)),
                ("in_audio", models.BigIntegerField(default=0)),
                ("in_image", models.BigIntegerField(default=0)),
                ("in_video", models.BigIntegerField(default=0)),
                ("out_text", models.BigIntegerField(default=0)),
                ("out_reasoning", models.BigIntegerField(default=0)),
                ("out_audio", models.BigIntegerField(default=0)),
                ("out_image", models.BigIntegerField(default=0)),
                ("web_search_calls", models.BigIntegerField(default=0)),
                ("images", models.BigIntegerField(default=0)),
                ("seconds", models.BigIntegerField(default=0)),
                ("usage_source", models.TextField(blank=True, default="")),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("usage_raw", models.JSONField(blank=True, null=True)),
                ("price_id", models.UUIDField(blank=True, null=True)),
                ("price_version", models.TextField(blank=True, default="")),
                ("multiplier", models.TextField(default="1")),
                ("markup_bp", models.IntegerField(default=0)),
                ("variant", models.TextField(blank=True, default="")),
                ("charge_price_id", models.UUIDField(blank=True, null=True)),
                ("cost_nano", models.BigIntegerField(blank=True, null=True)),
                ("charge_nano", models.BigIntegerField(default=0)),
                ("notional_nano", models.BigIntegerField(default=0)),
                ("cost_certainty", models.TextField(default="exact")),
                ("final", models.BooleanField(default=False)),
                ("status", models.TextField(blank=True, default="")),
                ("http_status", models.SmallIntegerField(default=0)),
                ("error_code", models.TextField(blank=True, default="")),
                ("terminated", models.TextField(blank=True, default="")),
                ("attempts", models.SmallIntegerField(default=0)),
                ("latency_ms", models.IntegerField(default=0)),
                ("ttft_ms", models.IntegerField(blank=True, null=True)),
                ("overhead_us", models.IntegerField(default=0)),
                ("output_ms", models.IntegerField(blank=True, null=True)),
                ("spans", models.JSONField(default=list)),
                ("tenant_epoch", models.IntegerField(default=0)),
                ("budgets", models.JSONField(default=list)),
                ("node", models.TextField(blank=True, default="")),
                ("key", models.TextField(primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "cost record",
                "db_table": "cost_record_rows",
                "abstract": False,
                "managed": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="LedgerTransferRow",
            fields=[
                ("at", models.DateTimeField()),
                ("id", models.BinaryField(max_length=16)),
                ("debit_id", models.UUIDField()),
                ("credit_id", models.UUIDField()),
                ("amount_nano", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("ref", models.TextField()),
                ("memo", models.TextField(blank=True, default="")),
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("debit", models.TextField()),
                ("credit", models.TextField()),
            ],
            options={
                "verbose_name": "ledger transfer",
                "db_table": "ledger_transfer_rows",
                "abstract": False,
                "managed": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.RunSQL([RECORDS], "DROP VIEW cost_record_rows"),
        migrations.RunSQL([TRANSFERS], "DROP VIEW ledger_transfer_rows"),
    ]
