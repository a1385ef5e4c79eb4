import django.db.models.deletion
from django.db import migrations, models

from accounts.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_row_security")]

    operations = [
        migrations.CreateModel(
            name="CompiledSpec",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind",
                        "object_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=40)),
                ("version", models.PositiveBigIntegerField(unique=True)),
                ("payload", models.BinaryField(help_text="Empty: the object is gone.", null=True)),
            ],
            options={"db_table": "compiled_specs"},
        ),
        migrations.CreateModel(
            name="ConfigChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "config_changes",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ConfigVersion",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("version", models.PositiveBigIntegerField(default=0)),
                (
                    "compiled_by",
                    models.CharField(
                        blank=True,
                        help_text="Digest of the code that compiled every row last.",
                        max_length=64,
                    ),
                ),
            ],
            options={
                "db_table": "config_versions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="config_versions_one_row"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO config_versions (id, version, compiled_by) VALUES (1, 0, '')",
            migrations.RunSQL.noop,
        ),
        protect("config_changes"),
        protect("compiled_specs", own="false"),
    ]
