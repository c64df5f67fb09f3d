"""Smaller habits: keep-alive, lists, sections, tools with ids."""
# ruff: noqa: RUF001 - words of other languages are meant

import json

import pytest

from ai.simulator.brains.outline import read_story
from tests.ai.simulator.conftest import (
    MODEL,
    TEXT,
    TOOLS,
    ask,
    bill_of,
    client_of,
    events,
    script,
    tool,
)

SCENE_ID = "0192f0c0-0000-7000-8000-000000000001"
OTHER_ID = "0192f0c0-0000-7000-8000-000000000002"
BOARD = (
    f'[{{"id": "{OTHER_ID}", "title": "Pier"}},\n{{"id": "{SCENE_ID}", "title": "Night Market"}}]'
)


async def test_a_slow_plain_reply_is_kept_alive_with_newlines():
    async with client_of(keepalive_s=0.02) as sim:
        await script(sim, {"kind": "slow", "latency_s": 0.1})
        reply = await ask(sim, "Hello")

    assert reply.text.startswith("\n\n")
    assert reply.json()["simulated"] is True


async def test_a_slow_stream_is_kept_alive_with_comments():
    async with client_of(keepalive_s=0.02) as sim:
        await script(sim, {"kind": "slow", "latency_s": 0.1})
        reply = await ask(sim, "Hello", stream=True)

    head = reply.text.split("data: ")[0]
    assert head.count(": OPENROUTER PROCESSING") >= 4


@pytest.mark.parametrize("at", ["headers", "events"])
async def test_a_stall_ends_and_the_reply_is_whole(sim, at):
    await script(sim, {"kind": "stall", "at": at, "seconds": 0.02})

    reply = await ask(sim, "Hello", stream=True)

    assert reply.text.endswith("[DONE]\n\n")


async def test_models_are_filtered_paged_and_found(sim):
    tools = (await sim.get("/models?supported_parameters=tools&output_modalities=text")).json()
    seeing = (await sim.get("/models?input_modalities=audio")).json()
    paged = (await sim.get("/models?limit=2&offset=1")).json()
    found = (await sim.get("/models?q=haiku")).json()

    assert "openai/chatgpt-4o-latest" not in {model["id"] for model in tools["data"]}
    assert {model["id"] for model in seeing["data"]} == {
        "google/gemini-3-pro-preview",
        "google/gemini-2.5-flash-preview-09-2025",
    }
    assert [model["id"] for model in paged["data"]] == ["openai/gpt-5.1-chat", "openai/gpt-5-pro"]
    assert paged["links"]["next"] == "/models?offset=3&limit=2"
    assert [model["id"] for model in found["data"]] == ["anthropic/claude-haiku-4.5"]
    assert (await sim.get("/model/openai/gpt-4.1")).json()["data"]["name"] == "OpenAI: GPT-4.1"


@pytest.mark.parametrize(
    "text",
    [
        "# Opening\nMara waits.\n\n# Ending\nShe leaves.",
        "1. Opening. Mara waits.\n2. Ending. She leaves.",
        "Scene 1: Opening\nMara waits.\nScene 2: Ending\nShe leaves.",
        "Сцена 1. Opening\nMara waits.\nСцена 2. Ending\nShe leaves.",
    ],
)
def test_numbered_and_headed_texts_keep_their_sections(text):
    scenes = read_story(text).scenes

    assert [(scene.title, scene.text) for scene in scenes] == [
        ("Opening", "Mara waits."),
        ("Ending", "She leaves."),
    ]


def test_a_chat_written_in_lines_gives_the_persons_words_only():
    scenes = read_story(
        "user: Emil steals a tram.\nassistant: Where to?\nuser: He drives it to the sea at dawn."
    ).scenes

    assert "Where to" not in " ".join(scene.text for scene in scenes)
    assert "Emil steals a tram." in scenes[0].text


@pytest.mark.parametrize(
    ("said", "name", "key", "value"),
    [
        ("Delete the scene Night Market", "delete_scene", "sceneId", SCENE_ID),
        ("Please lock Night Market", "set_scene_status", "status", "locked"),
    ],
)
async def test_a_tool_that_needs_an_id_gets_that_of_the_named_scene(sim, said, name, key, value):
    offered = [
        tool("delete_scene", {"sceneId": TEXT}, "sceneId"),
        tool(
            "set_scene_status",
            {"sceneId": TEXT, "status": {"enum": ["exploring", "refining", "locked"]}},
            "sceneId",
            "status",
        ),
    ]
    messages = [
        {"role": "system", "content": f'<data name="scenes">{BOARD}</data>'},
        {"role": "user", "content": said},
    ]

    reply = await ask(sim, said, messages=messages, tools=offered)

    [call] = reply.json()["choices"][0]["message"]["tool_calls"]
    arguments = json.loads(call["function"]["arguments"])
    assert call["function"]["name"] == name
    assert (arguments["sceneId"], arguments[key]) == (SCENE_ID, value)


async def test_a_tool_whose_id_is_not_known_is_not_called(sim):
    reply = await ask(
        sim,
        "Delete the scene Night Market",
        tools=[tool("delete_scene", {"sceneId": TEXT}, "sceneId")],
    )

    assert "tool_calls" not in reply.json()["choices"][0]["message"]


async def test_a_failed_tool_is_named_as_failed(sim):
    said = "create a scene titled Dawn"
    first = (await ask(sim, said, tools=TOOLS)).json()["choices"][0]["message"]
    result = {
        "role": "tool",
        "tool_call_id": first["tool_calls"][0]["id"],
        "content": '{"error": "locked"}',
    }

    reply = await ask(
        sim, said, tools=TOOLS, messages=[{"role": "user", "content": said}, first, result]
    )

    assert reply.json()["choices"][0]["message"]["content"].startswith(
        "(simulated) Nothing was done: create scene (Dawn) was refused. The reason: locked."
    )


async def test_streamed_arguments_add_up_and_kimi_thinks_aloud(sim):
    reply = await ask(
        sim,
        "create a scene titled Dawn",
        tools=TOOLS,
        stream=True,
        model="moonshotai/kimi-k2-thinking",
    )

    deltas = [choice["delta"] for chunk in events(reply.text) for choice in chunk["choices"]]
    fragments = [call for delta in deltas for call in delta.get("tool_calls", [])]
    text = "".join(call["function"]["arguments"] for call in fragments)
    assert json.loads(text)["title"] == "Dawn"
    assert (
        "".join(delta.get("reasoning", "") for delta in deltas)
        == "(simulated) I call create_scene."
    )


async def test_truncated_arguments_come_with_length(sim):
    reply = await ask(sim, "create a scene titled Dawn", tools=TOOLS, max_tokens=8)

    choice = reply.json()["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


async def test_an_empty_or_lost_picture_reply(sim):
    order = {
        "model": "black-forest-labs/flux-schnell",
        "prompt": "a cat",
        "resolution": "512",
        "n": 2,
    }
    await script(sim, {"kind": "empty", "match": {"endpoint": "images"}})

    empty, made = [await sim.post("/images", json=order) for _ in range(2)]

    assert (empty.json()["data"], empty.json()["usage"]["cost"]) == ([], 0)
    assert len(made.json()["data"]) == 2
    assert [line["costUsd"] for line in await bill_of(sim)] == ["0.02"]


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "object", "properties": {}}])
async def test_strict_mode_wants_a_closed_object(sim, schema):
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}

    assert (await ask(sim, "Hello", response_format=form, model=MODEL)).status_code == 400


async def test_gemini_refuses_words_it_does_not_know(sim):
    schema = {"type": "object", "properties": {"n": {"type": "number", "exclusiveMinimum": 0}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    reply = await ask(sim, "Hello", response_format=form, model="google/gemini-2.5-flash")

    assert (
        'Unknown name "exclusiveMinimum"'
        in reply.json()["error"]["metadata"]["raw"]["error"]["message"]
    )
