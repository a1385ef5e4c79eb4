import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.row_security import append_only, protect
from billing.partitions import DEFAULT_PARTITIONS

RECORDS = """
CREATE TABLE cost_records (
  tenant_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  request_id uuid NOT NULL,
  attempt smallint NOT NULL DEFAULT 0,
  kind text NOT NULL DEFAULT 'usage',
  recorded_at timestamptz NOT NULL DEFAULT now(),

  team_id uuid,
  user_id uuid,
  key_id text NOT NULL DEFAULT '',
  source text NOT NULL DEFAULT '',
  session_hash text NOT NULL DEFAULT '',
  agent_hash text NOT NULL DEFAULT '',
  parent_agent_hash text NOT NULL DEFAULT '',
  tags text[] NOT NULL DEFAULT '{}',

  dialect text NOT NULL DEFAULT '',
  operation text NOT NULL DEFAULT '',
  lane text NOT NULL DEFAULT '',
  requested_model text NOT NULL DEFAULT '',
  served_model text NOT NULL DEFAULT '',
  provider_id uuid,
  provider text NOT NULL DEFAULT '',
  credential_id uuid,
  credential text NOT NULL DEFAULT '',
  upstream_name text NOT NULL DEFAULT '',
  rule_id uuid,
  stream boolean NOT NULL DEFAULT false,
  cache_state text NOT NULL DEFAULT 'none',
  degraded text[] NOT NULL DEFAULT '{}',
  simulated boolean NOT NULL DEFAULT false,
  byok boolean NOT NULL DEFAULT false,

  in_fresh bigint NOT NULL DEFAULT 0,
  in_cache_read bigint NOT NULL DEFAULT 0,
  in_cache_write_5m bigint NOT NULL DEFAULT 0,
  in_cache_write_30m bigint NOT NULL DEFAULT 0,
  in_cache_write_1h bigint NOT NULL DEFAULT 0,
  in_cache_write_12h bigint NOT NULL DEFAULT 0,
  in_audio bigint NOT NULL DEFAULT 0,
  in_image bigint NOT NULL DEFAULT 0,
  in_video bigint NOT NULL DEFAULT 0,
  out_text bigint NOT NULL DEFAULT 0,
  out_reasoning bigint NOT NULL DEFAULT 0,
  out_audio bigint NOT NULL DEFAULT 0,
  out_image bigint NOT NULL DEFAULT 0,
  web_search_calls bigint NOT NULL DEFAULT 0,
  images bigint NOT NULL DEFAULT 0,
  seconds bigint NOT NULL DEFAULT 0,
  usage_source text NOT NULL DEFAULT '',
  flags text[] NOT NULL DEFAULT '{}',
  usage_raw jsonb,

  price_id uuid,
  price_version text NOT NULL DEFAULT '',
  multiplier text NOT NULL DEFAULT '1',
  markup_bp integer NOT NULL DEFAULT 0,
  variant text NOT NULL DEFAULT '',
  charge_price_id uuid,
  cost_nano bigint,
  charge_nano bigint NOT NULL DEFAULT 0,
  notional_nano bigint NOT NULL DEFAULT 0,
  cost_certainty text NOT NULL DEFAULT 'exact',

  final boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT '',
  http_status smallint NOT NULL DEFAULT 0,
  error_code text NOT NULL DEFAULT '',
  terminated text NOT NULL DEFAULT '',
  attempts smallint NOT NULL DEFAULT 0,
  latency_ms integer NOT NULL DEFAULT 0,
  ttft_ms integer,
  overhead_us integer NOT NULL DEFAULT 0,
  output_ms integer,
  spans jsonb NOT NULL DEFAULT '[]',

  tenant_epoch integer NOT NULL DEFAULT 0,
  budgets jsonb NOT NULL DEFAULT '[]',
  node text NOT NULL DEFAULT '',

  PRIMARY KEY (started_at, request_id, attempt, kind)
) PARTITION BY RANGE (started_at);
CREATE INDEX cost_records_of_tenant ON cost_records (tenant_id, started_at DESC, request_id DESC);
CREATE INDEX cost_records_of_request ON cost_records (request_id);
CREATE INDEX cost_records_beside_usage ON cost_records (tenant_id, started_at)
    WHERE kind <> 'usage'
"""
TRANSFERS = """
CREATE TABLE ledger_transfers (
  id bytea NOT NULL CHECK (octet_length(id) = 16),
  at timestamptz NOT NULL,
  tenant_id uuid,
  debit_id uuid NOT NULL,
  credit_id uuid NOT NULL CHECK (credit_id <> debit_id),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  kind text NOT NULL,
  ref text NOT NULL,
  memo text NOT NULL DEFAULT '',
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ledger_transfers_of_tenant ON ledger_transfers (tenant_id, at DESC)
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_terms_of_tenants"),
    ]

    operations = [
        migrations.CreateModel(
            name="CostRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "started_at",
                        "request_id",
                        "attempt",
                        "kind",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
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
            ],
            options={
                "db_table": "cost_records",
                "abstract": False,
                "managed": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="LedgerTransfer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("id", models.BinaryField(max_length=16)),
                ("debit_id", models.UUIDField()),
                ("credit_id", models.UUIDField()),
                ("amount_nano", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("ref", models.TextField()),
                ("memo", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "ledger_transfers",
                "abstract": False,
                "managed": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="LedgerClosing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.UUIDField()),
                ("month", models.DateField()),
                ("balance_nano", models.DecimalField(decimal_places=0, max_digits=40)),
                ("transfers", models.BigIntegerField()),
                ("sha256", models.BinaryField(max_length=32)),
                (
                    "closed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "ledger_closings",
            },
        ),
        migrations.CreateModel(
            name="SpoolProgress",
            fields=[
                ("node", models.TextField(primary_key=True, serialize=False)),
                ("delivered_to", models.DateTimeField()),
                ("oldest_open", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "spool_progress",
            },
        ),
        migrations.CreateModel(
            name="DirtyWindow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "window_start",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("window_start", models.DateTimeField()),
                ("version", models.BigIntegerField(db_default=1)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "dirty_windows",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("tenant_prepaid", "Tenant Prepaid"),
                            ("tenant_receivable", "Tenant Receivable"),
                            ("tenant_usage", "Tenant Usage"),
                            ("provider_cost", "Provider Cost"),
                            ("provider_payable", "Provider Payable"),
                            ("cash", "Cash"),
                            ("promotions", "Promotions"),
                            ("adjustments", "Adjustments"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provider_id", models.UUIDField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_accounts",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "tenant", "provider_id"),
                        name="ledger_accounts_one_of_a_kind",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL([RECORDS], "DROP TABLE cost_records"),
        migrations.RunSQL([TRANSFERS], "DROP TABLE ledger_transfers"),
        protect("cost_records"),
        protect("ledger_transfers"),
        protect("ledger_accounts"),
        protect("ledger_closings", own="false"),
        protect("dirty_windows"),
        append_only("cost_records"),
        append_only("ledger_transfers"),
        append_only("ledger_closings"),
        # The days' own are made after every migration, and daily: billing.partitions.
        migrations.RunSQL([DEFAULT_PARTITIONS], migrations.RunSQL.noop),
    ]
