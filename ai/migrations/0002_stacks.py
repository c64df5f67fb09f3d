"""The shipped catalogue and each plan's choice of models: data that editors change afterwards."""

import json
from decimal import Decimal
from pathlib import Path

from django.db import migrations

SHIPPED = Path(__file__).resolve().parents[1] / "catalogue" / "shipped.json"

# plan -> task -> the first model, then those to try when it fails
STACKS = {
    "free": {
        "chat": ["x-ai/grok-4.1-fast", "openai/gpt-oss-20b:free"],
        "outline": ["openai/gpt-oss-20b:free", "x-ai/grok-4.1-fast"],
        "vision": ["openai/gpt-4o-mini", "google/gemini-2.5-flash-lite"],
    },
    "starter": {
        "chat": ["google/gemini-2.5-flash", "openai/gpt-4o-mini"],
        "outline": ["google/gemini-2.5-flash-lite", "openai/gpt-4o-mini"],
        "vision": ["google/gemini-2.5-flash", "openai/gpt-4o-mini"],
    },
    "professional": {
        "chat": ["openai/gpt-5.1", "anthropic/claude-haiku-4.5"],
        "outline": ["google/gemini-2.5-pro", "openai/gpt-4.1-mini"],
        "vision": ["openai/gpt-4o", "google/gemini-2.5-flash"],
    },
    "premium": {
        "chat": ["anthropic/claude-sonnet-4.5", "openai/gpt-5.1"],
        "outline": ["openai/gpt-4.1", "google/gemini-2.5-pro"],
        "vision": ["google/gemini-3-pro-preview", "openai/gpt-4o"],
    },
}
OUTPUT_TOKENS = {"chat": 4_000, "outline": 16_000, "vision": 1_500}
TEMPERATURES = {"chat": 0.7, "outline": 0.3, "vision": 0.2}


def add(apps, schema_editor):
    """Fill the catalogue and the stacks of the shipped plans."""
    entry = apps.get_model("ai", "CatalogueEntry")
    stack = apps.get_model("ai", "Stack")
    plan = apps.get_model("workspaces", "Plan")
    wire = json.loads(SHIPPED.read_text(encoding="utf-8"))["data"]
    entry.objects.bulk_create([entry(**columns(model)) for model in wire], ignore_conflicts=True)
    for key, tasks in STACKS.items():
        if not plan.objects.filter(key=key).exists():
            continue
        for task, slugs in tasks.items():
            stack.objects.get_or_create(
                plan_id=key,
                task=task,
                defaults={
                    "model_slug": slugs[0],
                    "fallback_slugs": slugs[1:],
                    "max_output_tokens": OUTPUT_TOKENS[task],
                    "temperature": TEMPERATURES[task],
                },
            )


def remove(apps, schema_editor):
    """Take the shipped stacks out again; the catalogue's table goes with its migration."""
    apps.get_model("ai", "Stack").objects.filter(plan_id__in=STACKS).delete()
    apps.get_model("ai", "CatalogueEntry").objects.all().delete()


def columns(model):
    """Read one record of OpenRouter's `/models`."""
    pricing, top = model.get("pricing", {}), model.get("top_provider") or {}
    shape = model.get("architecture") or {}
    return {
        "slug": model["id"],
        "name": model["name"][:200],
        "context_length": model.get("context_length"),
        "max_output_tokens": top.get("max_completion_tokens"),
        "prompt_nusd_per_m": nusd(pricing.get("prompt"), 10**6),
        "completion_nusd_per_m": nusd(pricing.get("completion"), 10**6),
        "image_nusd_per_k": nusd(pricing.get("image"), 10**3),
        "request_nusd_per_k": nusd(pricing.get("request"), 10**3),
        "input_modalities": shape.get("input_modalities") or ["text"],
        "output_modalities": shape.get("output_modalities") or ["text"],
        "supported_parameters": model.get("supported_parameters") or [],
        "wire": model,
    }


def nusd(price, units):
    """Turn a decimal text of dollars a unit into nano-dollars for so many units."""
    return None if price is None else int(Decimal(price) * units * 10**9)


class Migration(migrations.Migration):
    dependencies = [("ai", "0001_tables"), ("workspaces", "0002_plans")]
    operations = [migrations.RunPython(add, remove)]
