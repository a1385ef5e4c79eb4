from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("providers", "0008_walls_of_prices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="credential",
            name="kind",
            field=models.CharField(
                choices=[
                    ("api_key", "Api Key"),
                    ("header", "Header"),
                    ("aws_keys", "Aws Keys"),
                    ("none", "None"),
                ],
                default="api_key",
                max_length=10,
            ),
        ),
    ]
