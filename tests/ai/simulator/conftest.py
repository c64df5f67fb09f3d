"""A simulator inside the test, entered by HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from ai.simulator.app import create_app
from ai.simulator.settings import Settings

FAST = {"first_token_s": 0.0, "tokens_per_second": 1e9}
MODEL = "openai/gpt-4o-mini"


def client_of(**settings: Any) -> httpx.AsyncClient:
    app = create_app(Settings(**(FAST | settings)))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://sim",
        headers={"Authorization": "Bearer sk-or-v1-any"},
    )


@pytest_asyncio.fixture
async def sim() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of() as client:
        yield client


def request(said: str | list[Any], **over: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": said}]} | over


async def ask(sim: httpx.AsyncClient, said: str | list[Any], **over: Any) -> httpx.Response:
    return await sim.post("/api/v1/chat/completions", json=request(said, **over))


async def script(sim: httpx.AsyncClient, *faults: dict[str, Any]) -> None:
    answer = await sim.post("/__sim/faults", json={"faults": list(faults)})
    assert answer.status_code == 200


async def bill_of(sim: httpx.AsyncClient) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = (await sim.get("/__sim/bill")).json()
    return lines


def events(text: str) -> list[dict[str, Any]]:
    lines = [
        line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")
    ]
    return [json.loads(line) for line in lines]


def joined(chunks: list[dict[str, Any]]) -> str:
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def tool(name: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
ENTRY = {
    "type": "object",
    "properties": {"name": TEXT, "description": TEXT},
    "required": ["name", "description"],
}
ENTRIES = {"type": "array", "items": ENTRY}
SCENE = {"title": TEXT, "description": TEXT, "location": TEXT, "characters": TEXTS}
TOOLS = [
    tool(
        "update_bible",
        {
            "characters": ENTRIES,
            "locations": ENTRIES,
            "props": ENTRIES,
            "styles": ENTRIES,
            "aesthetic": {
                "type": "object",
                "properties": {
                    "tone": TEXT,
                    "visualStyle": TEXT,
                    "references": TEXTS,
                    "mood": TEXTS,
                    "palette": TEXTS,
                    "era": TEXT,
                },
            },
        },
    ),
    tool("create_scene", SCENE, "title", "description"),
    tool(
        "propose_structure",
        {
            "title": TEXT,
            "logline": TEXT,
            "scenes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": SCENE,
                    "required": ["title", "description"],
                },
            },
        },
        "title",
        "scenes",
    ),
    tool(
        "apply_director_workflow",
        {
            "workflow": {
                "type": "string",
                "enum": ["standard", "storyboard", "poster", "moodboard", "shot-list"],
            },
            "sceneId": TEXT,
        },
        "workflow",
    ),
]
