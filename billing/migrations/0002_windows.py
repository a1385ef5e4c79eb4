from django.db import migrations

from accounts.row_security import BOUND_TENANT, protect

# By what windows and days are kept apart, and what all sums hold: billing.measures names the same.
KEYS = """
  team_id uuid,
  user_id uuid,
  key_id text NOT NULL,
  provider_id uuid,
  provider text NOT NULL,
  credential_id uuid,
  credential text NOT NULL,
  requested_model text NOT NULL,
  served_model text NOT NULL,
  dialect text NOT NULL,
  source text NOT NULL,
  status text NOT NULL,
  cache_state text NOT NULL,
  rule_id uuid,
  simulated boolean NOT NULL
"""
MEASURES = """
  requests bigint NOT NULL,
  final_requests bigint NOT NULL,
  errors bigint NOT NULL,
  attempts bigint NOT NULL,
  fallbacks bigint NOT NULL,
  in_fresh bigint NOT NULL,
  in_cache_read bigint NOT NULL,
  in_cache_write_5m bigint NOT NULL,
  in_cache_write_30m bigint NOT NULL,
  in_cache_write_1h bigint NOT NULL,
  in_cache_write_12h bigint NOT NULL,
  in_audio bigint NOT NULL,
  in_image bigint NOT NULL,
  in_video bigint NOT NULL,
  out_text bigint NOT NULL,
  out_reasoning bigint NOT NULL,
  out_audio bigint NOT NULL,
  out_image bigint NOT NULL,
  web_search_calls bigint NOT NULL,
  images bigint NOT NULL,
  seconds bigint NOT NULL,
  cost_nano bigint NOT NULL,
  charge_nano bigint NOT NULL,
  notional_nano bigint NOT NULL,
  unpriced bigint NOT NULL,
  latency_ms_sum bigint NOT NULL,
  latency_count bigint NOT NULL,
  ttft_ms_sum bigint NOT NULL,
  ttft_count bigint NOT NULL,
  overhead_us_sum bigint NOT NULL,
  overhead_count bigint NOT NULL,
  latency_ms_buckets integer[] NOT NULL,
  ttft_ms_buckets integer[] NOT NULL
"""
WINDOWS = f"""
CREATE TABLE usage_windows (
  tenant_id uuid NOT NULL,
  window_start timestamptz NOT NULL,
  {KEYS},
  {MEASURES}
);
CREATE INDEX usage_windows_of_tenant ON usage_windows (tenant_id, window_start);
CREATE INDEX usage_windows_of_user ON usage_windows (tenant_id, user_id, window_start);
CREATE INDEX usage_windows_of_key ON usage_windows (tenant_id, key_id, window_start)
"""
# A window as one row, for what is asked of the whole tenant.
TOTALS = f"""
CREATE TABLE usage_totals (
  tenant_id uuid NOT NULL,
  window_start timestamptz NOT NULL,
  {MEASURES},
  PRIMARY KEY (tenant_id, window_start)
)
"""
DAYS = f"""
CREATE TABLE usage_days (
  tenant_id uuid NOT NULL,
  day_start timestamptz NOT NULL,
  day_end timestamptz NOT NULL,
  {KEYS},
  {MEASURES}
);
CREATE INDEX usage_days_of_tenant ON usage_days (tenant_id, day_start)
"""
# For which zone the days of a tenant are summed, and from which day on; before `kept_from` there are
# no windows any more, and days are those of the zone they were closed in.
ZONES = """
CREATE TABLE usage_zones (
  tenant_id uuid PRIMARY KEY,
  tz text NOT NULL,
  built_since date NOT NULL,
  kept_from timestamptz
)
"""
# Read once, not for each of a hundred thousand rows.
OWN = f"tenant_id = (SELECT {BOUND_TENANT})"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_records")]

    operations = [
        migrations.RunSQL(WINDOWS, "DROP TABLE usage_windows"),
        migrations.RunSQL(TOTALS, "DROP TABLE usage_totals"),
        migrations.RunSQL(DAYS, "DROP TABLE usage_days"),
        migrations.RunSQL(ZONES, "DROP TABLE usage_zones"),
        protect("usage_windows", own=OWN),
        protect("usage_totals", own=OWN),
        protect("usage_days", own=OWN),
        protect("usage_zones"),
    ]
