"""Ids of tool calls may have any length: some providers put signatures into them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0002_stacks")]

    operations = [
        migrations.AlterField(
            model_name="chatmessage",
            name="tool_call_id",
            field=models.TextField(blank=True),
        ),
    ]
