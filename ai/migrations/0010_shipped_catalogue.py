"""The catalogue complete: providers, endpoints, other names, tiers, notes and exact prices."""

from django.db import migrations

from ai.catalogue import shipped


def add(apps, schema_editor):
    """Fill in what is shipped; rows that a list told better stay as they are."""
    shipped.fill(lambda name: apps.get_model("ai", name))


def remove(apps, schema_editor):
    """Take out what only this migration added."""
    shipped.clear(lambda name: apps.get_model("ai", name))


class Migration(migrations.Migration):
    dependencies = [("ai", "0009_scope_required")]
    operations = [migrations.RunPython(add, remove)]
