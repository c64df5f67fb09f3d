"""The judge is pydantic-ai, which drives whole conversations: tools, documents, streams."""

import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.exceptions import ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

from tests.judges.conftest import KEY, MODEL

ORDERS = "Create a scene titled Dawn. Create a scene titled Dusk."


class Scene(BaseModel):
    title: str
    description: str


@pytest_asyncio.fixture
async def wire(url):
    async with AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as wire:
        yield wire


def agent(wire, name=MODEL, **over):
    provider = OpenRouterProvider(openai_client=wire)
    return Agent(OpenRouterModel(name, provider=provider), retries=2, **over)


async def test_it_holds_a_conversation(wire):
    first = await agent(wire).run("Mara waits for the bus.")
    second = await agent(wire).run("And then?", message_history=first.all_messages())

    assert first.output.startswith("(simulated) ")
    assert second.output.startswith("(simulated) ")
    assert second.usage.requests == 1
    assert second.usage.input_tokens > first.usage.input_tokens > 0


async def test_it_streams_the_same_words(wire):
    plain = await agent(wire).run("Mara waits for the bus.")

    async with agent(wire).run_stream("Mara waits for the bus.") as stream:
        parts = [part async for part in stream.stream_text(delta=True, debounce_by=None)]

    assert len(parts) > 2
    assert "".join(parts) == plain.output


@pytest.mark.parametrize(
    "name",
    [
        MODEL, "anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash",
        "google/gemini-3-pro-preview", "moonshotai/kimi-k2-thinking",
    ],
)  # fmt: skip
@pytest.mark.parametrize("streamed", [False, True])
async def test_it_runs_the_tools_the_model_asks_for_and_comes_to_an_end(wire, name, streamed):
    made = []
    director = agent(wire, name)

    @director.tool_plain
    def create_scene(title: str, description: str) -> str:
        """Add a scene."""
        made.append(title)
        return f"{{}} {description[:0]}"

    if streamed:
        async with director.run_stream(ORDERS) as stream:
            said = await stream.get_output()
    else:
        said = (await director.run(ORDERS)).output

    assert sorted(made) == ["Dawn", "Dusk"]  # it runs them side by side
    assert said.startswith("(simulated) ")


@pytest.mark.parametrize("name", [MODEL, "anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"])
async def test_it_gets_a_document_in_the_dialect_of_the_family(wire, name):
    outliner = agent(wire, name, output_type=NativeOutput(Scene))

    told = await outliner.run("Mara waits for the bus.")

    assert isinstance(told.output, Scene)


async def test_it_asks_again_until_the_document_is_right(wire):
    outliner = agent(
        wire, f"{MODEL}~wrong_schema;times=2;run=judge", output_type=NativeOutput(Scene)
    )

    told = await outliner.run("Mara waits for the bus.")

    assert isinstance(told.output, Scene)
    assert told.usage.requests == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 502, 503])
async def test_it_raises_its_error_with_the_status_and_the_body(wire, status):
    with pytest.raises(ModelHTTPError) as raised:
        await agent(wire, f"{MODEL}~status-{status}").run("Hello")

    assert raised.value.status_code == status
    assert raised.value.body["code"] == status


async def test_it_sees_an_error_inside_a_200(wire):
    with pytest.raises(ModelHTTPError) as raised:
        await agent(wire, f"{MODEL}~error_in_200-429").run("Hello")

    assert raised.value.status_code == 429


async def test_it_does_not_take_an_empty_answer(wire):
    with pytest.raises(UnexpectedModelBehavior):
        await agent(wire, f"{MODEL}~empty").run("Hello")
