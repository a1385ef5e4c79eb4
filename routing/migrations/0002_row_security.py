from django.db import migrations

from accounts.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial"), ("accounts", "0002_row_security")]

    operations = [protect("routing_aliases"), protect("routing_settings")]
