import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_terms_of_tenants"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="tag_keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    max_length=40,
                    validators=[
                        django.core.validators.RegexValidator("\\A[A-Za-z0-9][A-Za-z0-9_.-]*\\Z")
                    ],
                ),
                blank=True,
                default=list,
                help_text="Keys of tags written key=value, by which cost is summed from then on.",
                size=5,
            ),
        ),
    ]
