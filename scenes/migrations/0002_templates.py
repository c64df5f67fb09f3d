"""The scene templates that a new installation starts with; editors change them in the admin."""

from dataclasses import asdict

from django.db import migrations

from scenes.shipped_templates import SHIPPED_TEMPLATES


def add_templates(apps, schema_editor):
    SceneTemplate = apps.get_model("scenes", "SceneTemplate")
    SceneTemplate.objects.bulk_create(
        [
            SceneTemplate(
                order=order,
                **{
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in asdict(template).items()
                },
            )
            for order, template in enumerate(SHIPPED_TEMPLATES)
        ],
        ignore_conflicts=True,
    )


def remove_templates(apps, schema_editor):
    keys = [template.key for template in SHIPPED_TEMPLATES]
    apps.get_model("scenes", "SceneTemplate").objects.filter(key__in=keys).delete()


class Migration(migrations.Migration):
    dependencies = [("scenes", "0001_tables")]

    operations = [migrations.RunPython(add_templates, remove_templates)]
