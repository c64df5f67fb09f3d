"""Models and providers of the catalogue, and the doors that choose among them."""

from typing import Any

import httpx
import pytest

from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider, Stack
from tests.ai.conftest import use_models

MAKER = {
    "input_modalities": ["text", "image"],
    "output_modalities": ["text"],
    "supported_parameters": ["tools", "structured_outputs", "temperature", "reasoning"],
    "context_length": 100_000,
    "max_output_tokens": 4_000,
    "prompt_nusd_per_m": 1_000_000_000,
    "completion_nusd_per_m": 2_000_000_000,
}


def make_model(slug: str, **over: Any) -> CatalogueEntry:
    return CatalogueEntry.objects.create(slug=slug, name=slug, **{**MAKER, **over})


def make_endpoint(entry: CatalogueEntry, provider: str, **over: Any) -> CatalogueEndpoint:
    """Let a provider serve a model; its name is the slug with a capital letter."""
    row, _ = CatalogueProvider.objects.get_or_create(
        slug=provider, defaults={"name": provider.capitalize()}
    )
    return CatalogueEndpoint.objects.create(
        entry=entry, provider=row, key=f"{entry.slug}|{provider}|{over.get('tag', '')}", **over
    )


@pytest.fixture
def models(project):
    """`maker/first` and `maker/second` in the catalogue, both able to do everything."""
    return {slug: make_model(slug) for slug in ("maker/first", "maker/second")}


def stack_of(workspace, task="chat", **changes) -> Stack:
    """Change a stack as if by hand, and return it."""
    row = Stack.objects.get(plan=workspace.plan, task=task)
    Stack.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def say(api, project, words="Hello.", **more):
    """Post a message; return the id of its job."""
    address = f"/api/v1/projects/{project.pk}/messages/"
    answer = api.post(address, {"content": words, **more})
    assert answer.status_code == 202, answer.content
    return answer.json()["job"]["id"]


def fails_at(provider: str, status: int = 429, **headers: str):
    """Give an answer in which a named provider fails."""
    error = {
        "code": status,
        "message": "Provider returned error",
        "metadata": {"provider_name": provider, "raw": "overloaded"},
    }
    return lambda _: httpx.Response(status, json={"error": error}, headers=headers)


def served_by(fake, provider: str, text: str = "Yes."):
    """Let the wire answer some words in the name of a provider."""

    def answer(body):
        reply = fake._reply(body, {"content": text}, "0.0001", "stop")
        content = reply.content.replace(b'"provider": "Fake"', f'"provider": "{provider}"'.encode())
        return httpx.Response(
            200, headers=fake._headers(reply.headers["content-type"]), content=content
        )

    fake.will_do(answer)


def route_of(api, job_id):
    """Give the route as the API tells it: who, as what, how it went."""
    found = api.get(f"/api/v1/jobs/{job_id}/").json()["route"]
    return [(stop["model"], stop["chosenAs"], stop["outcome"]) for stop in found]


__all__ = ["use_models"]
