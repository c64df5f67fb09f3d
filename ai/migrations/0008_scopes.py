"""What was counted before belongs to the workspace's month; calls know their day, task and person."""

from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery

TASKS = {"director": "chat", "outline": "outline", "vision": "vision"}


def fill(apps, schema_editor):
    budget = apps.get_model("ai", "Budget")
    call = apps.get_model("ai", "UpstreamCall")
    job = apps.get_model("ai", "Job")
    budget.objects.filter(scope_id=None).update(scope_id=F("workspace_id"))
    for recipe, task in TASKS.items():
        call.objects.filter(recipe=recipe, task="").update(task=task)
    for date in call.objects.dates("created_at", "day"):
        call.objects.filter(created_at__date=date).update(day=date.isoformat())
    whose = job.objects.filter(pk=OuterRef("job_id")).values("user_id")[:1]
    call.objects.filter(user_id=None).update(user_id=Subquery(whose))
    columns = ["workspace_id", "project_id", "day", "payer"]
    sums = {
        "spent_nusd": models.Sum("cost_nusd", default=0),
        "hold_nusd": models.Sum("hold_nusd"),
        "hold_tokens": models.Sum("hold_tokens"),
        "tokens": models.Sum(
            F("prompt_tokens") + F("completion_tokens"),
            filter=models.Q(status="settled"),
            default=0,
        ),
        "images": models.Sum("images"),
    }
    purses = {}
    for row in call.objects.order_by().values(*columns).annotate(**{f"s_{k}": v for k, v in sums.items()}):
        scopes = [(row["workspace_id"], row["day"], None)]
        if row["project_id"]:
            scopes.append((row["project_id"], "all", row["project_id"]))
        for scope, period, project in scopes:
            purse = purses.setdefault(
                (scope, period),
                budget(
                    workspace_id=row["workspace_id"], project_id=project, scope_id=scope, period=period
                ),
            )
            for name in sums:
                setattr(purse, name, getattr(purse, name) + (row[f"s_{name}"] or 0))
    budget.objects.bulk_create(purses.values(), ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("ai", "0007_money")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
