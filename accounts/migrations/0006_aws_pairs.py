import django.db.models.deletion
from django.db import migrations, models

from accounts.row_security import protect


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_tag_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="AwsPair",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("access_key_id", models.CharField(max_length=20, unique=True)),
                ("sealed_secret", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aws_pairs",
                        to="accounts.apikey",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "aws_pairs",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        # PostgreSQL alters no table whose deferred checks are still waiting.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        protect("aws_pairs"),
    ]
