from django.db import migrations

from accounts.row_security import BOUND_TENANT, protect

# What vendors ask of everybody may be read by everybody; what an operator pays may not.
PUBLIC = f"tenant_id IS NULL AND {BOUND_TENANT} IS NOT NULL"

# Two rows of the same thing never hold at one moment. The digest stands for the text, so that no
# extension is needed: ranges of numbers are compared without one.
KEY = r"""hashtextextended(
    page_id || E'\x1f' || scope || E'\x1f' || vendor || E'\x1f' || provider || E'\x1f' || region
    || E'\x1f' || match || E'\x1f' || lower(model), 0
)::numeric"""
NO_OVERLAP = f"""
ALTER TABLE prices ADD CONSTRAINT prices_one_at_a_time EXCLUDE USING gist (
    numrange({KEY}, {KEY}, '[]') WITH =,
    tstzrange(valid_from, valid_to) WITH &&
)
"""


class Migration(migrations.Migration):
    dependencies = [("providers", "0007_prices")]

    operations = [
        protect("price_pages", readable=PUBLIC),
        protect("prices", readable=f"{PUBLIC} AND scope = 'catalog'"),
        migrations.RunSQL(NO_OVERLAP, "ALTER TABLE prices DROP CONSTRAINT prices_one_at_a_time"),
    ]
