from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_aws_pairs"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="foreign_reasoning",
            field=models.CharField(
                choices=[("drop", "Drop"), ("text", "Text")], default="drop", max_length=4
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="vault",
            field=models.CharField(
                choices=[("on", "On"), ("off", "Off")], default="on", max_length=3
            ),
        ),
    ]
