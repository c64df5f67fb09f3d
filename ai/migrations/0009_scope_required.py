"""Every purse has a scope. Apart from the data: PostgreSQL alters no table with pending checks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0008_scopes")]

    operations = [
        migrations.AlterField(model_name="budget", name="scope_id", field=models.UUIDField())
    ]
