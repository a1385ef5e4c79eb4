from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0004_row_security_of_back_ends")]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="probed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
