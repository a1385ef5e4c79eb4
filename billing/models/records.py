"""One row per attempt of an exchange. Written by the shipper alone, changed by nobody."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from accounts.tenancy import TenantOwned


def _text() -> "models.TextField[str, str]":
    return models.TextField(blank=True, default="")


def _texts() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.TextField(), default=list, blank=True)


def _count() -> "models.BigIntegerField[int, int]":
    return models.BigIntegerField(default=0)


class RecordColumns(TenantOwned):
    # No constraint: a partition may outlive, and be dropped without asking for, what it names.
    tenant = models.ForeignKey(
        "accounts.Tenant", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    started_at = models.DateTimeField()
    request_id = models.UUIDField()
    attempt = models.SmallIntegerField(default=0)
    kind = models.TextField(default="usage")  # usage, correction, rerate:<job>, refund:<id>
    recorded_at = models.DateTimeField(db_default=Now())

    team_id = models.UUIDField(null=True, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    key_id = _text()
    source = _text()
    session_hash = _text()
    agent_hash = _text()
    parent_agent_hash = _text()
    tags = _texts()

    dialect = _text()
    operation = _text()
    lane = _text()
    requested_model = _text()
    served_model = _text()
    provider_id = models.UUIDField(null=True, blank=True)
    provider = _text()
    credential_id = models.UUIDField(null=True, blank=True)
    credential = _text()
    upstream_name = _text()
    rule_id = models.UUIDField(null=True, blank=True)
    stream = models.BooleanField(default=False)
    cache_state = models.TextField(default="none")
    degraded = _texts()
    target_dialect = _text()
    simulated = models.BooleanField(default=False)
    byok = models.BooleanField(default=False)

    in_fresh = _count()
    in_cache_read = _count()
    in_cache_write_5m = _count()
    in_cache_write_30m = _count()
    in_cache_write_1h = _count()
    in_cache_write_12h = _count()
    in_audio = _count()
    in_image = _count()
    in_video = _count()
    out_text = _count()
    out_reasoning = _count()
    out_audio = _count()
    out_image = _count()
    web_search_calls = _count()
    images = _count()
    seconds = _count()
    usage_source = _text()
    flags = _texts()
    usage_raw = models.JSONField(null=True, blank=True)

    price_id = models.UUIDField(null=True, blank=True)
    price_version = _text()
    multiplier = models.TextField(default="1")
    markup_bp = models.IntegerField(default=0)
    variant = _text()
    charge_price_id = models.UUIDField(null=True, blank=True)
    cost_nano = models.BigIntegerField(null=True, blank=True)  # NULL: nobody knew a price
    charge_nano = _count()
    notional_nano = _count()
    cost_certainty = models.TextField(default="exact")  # exact, estimated, possible

    final = models.BooleanField(default=False)
    status = _text()
    http_status = models.SmallIntegerField(default=0)
    error_code = _text()
    terminated = _text()
    attempts = models.SmallIntegerField(default=0)
    latency_ms = models.IntegerField(default=0)
    ttft_ms = models.IntegerField(null=True, blank=True)
    overhead_us = models.IntegerField(default=0)
    output_ms = models.IntegerField(null=True, blank=True)
    spans = models.JSONField(default=list)
    difference = models.JSONField(null=True, blank=True)

    tenant_epoch = models.IntegerField(default=0)
    budgets = models.JSONField(default=list)
    node = _text()

    class Meta(TenantOwned.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.request_id}:{self.attempt}:{self.kind}"


class CostRecord(RecordColumns):
    """Its table is partitioned by the day of `started_at` and made by hand in a migration."""

    pk = models.CompositePrimaryKey("started_at", "request_id", "attempt", "kind")

    class Meta(TenantOwned.Meta):
        managed = False
        db_table = "cost_records"


class CostRecordRow(RecordColumns):
    """The same through a view with a key in one column, for Django admin."""

    key = models.TextField(primary_key=True)  # request_id:attempt:kind

    class Meta(TenantOwned.Meta):
        managed = False
        db_table = "cost_record_rows"
        verbose_name = "cost record"
