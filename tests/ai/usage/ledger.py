"""A ledger of many calls, the same at each run: written at once, for pages and measurements."""

import random
from datetime import date, timedelta

from django.utils import timezone

from ai.models import CallStatus, UpstreamCall

MODELS = {
    "x-ai/grok-4.1-fast": 1,
    "google/gemini-2.5-flash": 2,
    "openai/gpt-5.1": 9,
    "openai/gpt-4o-mini": 1,
    "google/gemini-2.5-pro": 8,
    "anthropic/claude-sonnet-4.5": 14,
    "openai/gpt-4.1": 7,
    "google/gemini-3-pro-preview": 11,
}
TASKS = ("chat", "chat", "chat", "outline", "vision", "image")


def write(workspace, *, count, people=(), projects=(), days=30, seed=1, last=None, **over):
    """Write calls over the last days, dear models more seldom, a few failed or unknown."""
    choose = random.Random(seed)  # noqa: S311 the same figures at each run
    last = last or timezone.now().date()
    now = timezone.now()
    rows = [_call(choose, workspace, people, projects, last, days, now, over) for _ in range(count)]
    UpstreamCall.objects.bulk_create(rows, batch_size=1000)


def _call(choose, workspace, people, projects, last, days, now, over):
    slug = choose.choices(list(MODELS), [1 / (1 + dear) for dear in MODELS.values()])[0]
    dear, fate = MODELS[slug], choose.random()
    day: date = last - timedelta(days=int(days * choose.random() ** 1.3))
    prompt, written = choose.randrange(500, 40_000), choose.randrange(50, 3_000)
    values = {
        "workspace": workspace,
        "user_id": choose.choice(people).pk if people else None,
        "project_id": choose.choice(projects).pk if projects else None,
        "task": choose.choice(TASKS),
        "recipe": "director",
        "status": CallStatus.SETTLED,
        "day": day.isoformat(),
        "cost_nusd": (prompt * 130 + written * 900) * dear,
        "model_slug": slug,
        "model_served": slug,
        "provider": slug.partition("/")[0].title(),
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "latency_s": round(choose.lognormvariate(0.4 + dear / 12, 0.5), 3),
        "first_token_s": round(choose.lognormvariate(-0.6, 0.4), 3),
        "ended_at": now,
        "raw_text": "The bus is late, and Mara waits in the rain. " * 40,
    }
    if fate < 0.02 + dear / 300:
        values |= {
            "status": CallStatus.FAILED, "cost_nusd": 0, "error_code": "rate_limited",
            "prompt_tokens": None, "completion_tokens": None, "latency_s": 0.2,
            "first_token_s": None, "raw_text": "",
        }  # fmt: skip
    elif fate > 0.995:
        values |= {"status": CallStatus.UNKNOWN, "cost_nusd": None, "hold_nusd": 50_000_000}
    return UpstreamCall(**values | over)
