"""The report of a demo: for people on the terminal, for programs in `var/demo.json`."""

from decimal import Decimal
from typing import Any

from demo.client import Api
from demo.steps import Facts


def facts_of(
    api: Api, facts: Facts, seconds: dict[str, float], failed: str | None
) -> dict[str, Any]:
    """Put together what was made, where it is, what it used and cost, and how long it took."""
    jobs = facts.jobs
    costs = [job["costUsd"] for job in jobs]
    return {
        "ok": failed is None,
        "failedStep": failed,
        "simulated": any(job.get("simulated") for job in jobs),
        "baseUrl": api.base_url,
        "script": facts.script.name,
        "workspaceId": facts.workspace.get("id"),
        "projectId": facts.project.get("id"),
        "outlineId": facts.outline.get("id"),
        "sceneIds": [scene["id"] for scene in facts.scenes],
        "entryIds": [entry["id"] for entry in facts.entries],
        "messageIds": [message["id"] for message in facts.messages],
        "assetIds": [asset["id"] for asset in facts.assets],
        "jobIds": [job["id"] for job in jobs],
        "counts": {
            "outlineScenes": len(facts.outline.get("scenes", [])),
            "scenes": len(facts.scenes),
            "entries": len(facts.entries),
            "messages": len(facts.messages),
            "assets": len(facts.assets),
            "jobs": len(jobs),
        },
        "tokens": {
            "prompt": sum((job.get("tokens") or {}).get("prompt") or 0 for job in jobs),
            "completion": sum((job.get("tokens") or {}).get("completion") or 0 for job in jobs),
        },
        "costUsd": None if None in costs else format(sum(map(Decimal, costs), Decimal(0)), "f"),
        "models": sorted({job["model"] for job in jobs if job.get("model")}),
        "secondsPerStep": {name: round(spent, 2) for name, spent in seconds.items()},
    }


def as_text(report: dict[str, Any], facts: Facts) -> str:
    """Write the report for a person."""
    lines = ["", "  What was made"]
    lines += [f"    project    {facts.project.get('title', '-')}  {report['projectId'] or ''}"]
    lines += [f"    scene {s['order'] + 1:>3}  {s['title']}" for s in facts.scenes]
    lines += [f"    {e['category']:<9}  {e['name']}" for e in facts.entries]
    lines += [
        f"    picture    {a['label']}: {a['description']}  {' '.join(a['palette'])}"
        for a in facts.assets
    ]
    spoken = [m for m in facts.messages if m["role"] == "assistant" and m["content"].strip()]
    lines += [f"    director   {m['content'].strip().splitlines()[0][:100]}" for m in spoken]
    tokens, cost = report["tokens"], report["costUsd"]
    lines += [
        "",
        "  What it used",
        f"    tokens     {tokens['prompt']} in, {tokens['completion']} out",
        f"    cost       {'not known yet' if cost is None else cost + ' USD'}",
        f"    models     {', '.join(report['models']) or '-'}",
        f"    seconds    {', '.join(f'{n} {s}' for n, s in report['secondsPerStep'].items())}",
        "",
        "  Where to look",
        "    start `make run` (again): the admin and /api/v1/docs/ that it names; its token opens",
        "    this workspace, the newest of the demo's",
        "    var/demo.json has every id",
        "",
    ]
    if report["simulated"]:
        lines += [
            "  answers are simulated: no model was asked; tokens and cost are what the simulator",
            "  counted, and no money was spent.",
            "",
        ]
    return "\n".join(lines)
