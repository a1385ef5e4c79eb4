from django.db import migrations

from accounts.row_security import BOUND_TENANT, protect

# What is summed by tag: billing.tag_sums names the same.
WINDOW_TAGS = """
CREATE TABLE usage_window_tags (
  tenant_id uuid NOT NULL,
  window_start timestamptz NOT NULL,
  tag_key text NOT NULL,
  tag_value text NOT NULL,
  requests bigint NOT NULL,
  final_requests bigint NOT NULL,
  cost_nano bigint NOT NULL,
  charge_nano bigint NOT NULL,
  unpriced bigint NOT NULL,
  tokens_in bigint NOT NULL,
  tokens_out bigint NOT NULL,
  PRIMARY KEY (tenant_id, window_start, tag_key, tag_value)
)
"""
# Read once, not for each row.
OWN = f"tenant_id = (SELECT {BOUND_TENANT})"


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_views_of_the_books"), ("accounts", "0005_tag_keys")]

    operations = [
        migrations.RunSQL(WINDOW_TAGS, "DROP TABLE usage_window_tags"),
        protect("usage_window_tags", own=OWN),
    ]
