"""Budgets of months, days and projects: the old month's row becomes one of a period."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ai", "0005_model_health")]

    operations = [
        migrations.RemoveConstraint(model_name="budget", name="budget_month_once"),
        migrations.RenameField(model_name="budget", old_name="month", new_name="period"),
        migrations.RenameField(model_name="upstreamcall", old_name="month", new_name="day"),
        # What models did in the last minutes: not worth taking along.
        migrations.DeleteModel(name="ModelHealth"),
    ]
