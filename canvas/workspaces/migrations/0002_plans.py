"""The four plans that a new installation starts with; editors change them in the admin."""

from django.db import migrations

MILLION = 1_000_000
USD = 1_000_000_000  # nano-dollars

PLANS = [
    {
        "key": "free",
        "name": "Free",
        "order": 0,
        "is_default": True,
        "max_projects": 3,
        "max_scenes_per_project": 20,
        "tokens_a_month": 5 * MILLION,
        "images_a_month": 500,
        "watermark": True,
    },
    {
        "key": "starter",
        "name": "Starter",
        "order": 1,
        "tokens_a_month": 50 * MILLION,
        "images_a_month": 5_000,
    },
    {
        "key": "professional",
        "name": "Professional",
        "order": 2,
        "tokens_a_month": 100 * MILLION,
        "images_a_month": 10_000,
    },
    {"key": "premium", "name": "Premium", "order": 3, "budget_nusd_a_month": 100 * USD},
]


def add_plans(apps, schema_editor):
    plan = apps.get_model("workspaces", "Plan")
    for values in PLANS:
        plan.objects.get_or_create(key=values["key"], defaults=values)


def remove_unused_plans(apps, schema_editor):
    plan = apps.get_model("workspaces", "Plan")
    plan.objects.filter(
        key__in=[values["key"] for values in PLANS], workspaces__isnull=True
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_tables")]

    operations = [migrations.RunPython(add_plans, remove_unused_plans)]
