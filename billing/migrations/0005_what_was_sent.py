from django.db import migrations, models

# Constants, so that no row is written anew; the partitions take the columns from their parent.
COLUMNS = """
ALTER TABLE cost_records
  ADD COLUMN target_dialect text NOT NULL DEFAULT '',
  ADD COLUMN difference jsonb
"""
# A view has the columns that its table had when it was made.
WITH_THEM = """
CREATE OR REPLACE VIEW cost_record_rows WITH (security_invoker = true) AS
SELECT request_id || ':' || attempt || ':' || kind AS key, r.* FROM cost_records r
"""
WITHOUT = """
DROP VIEW cost_record_rows;
ALTER TABLE cost_records DROP COLUMN target_dialect, DROP COLUMN difference
"""


def added(model: str) -> list[migrations.AddField]:
    """To the state alone: the tables are not Django's to change."""
    return [
        migrations.AddField(model, "target_dialect", models.TextField(blank=True, default="")),
        migrations.AddField(model, "difference", models.JSONField(blank=True, null=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_window_tags")]

    operations = [
        migrations.RunSQL([COLUMNS, WITH_THEM], [WITHOUT, WITH_THEM]),
        *added("costrecord"),
        *added("costrecordrow"),
    ]
