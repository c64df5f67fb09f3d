"""The judge is the `openai` package, which half of the field uses to talk to the service."""

import base64
import io
import json

import openai
import pytest
from PIL import Image
from pydantic import BaseModel

from tests.judges.conftest import (
    FORM,
    KEY,
    MODEL,
    MULTIMODAL_PAINTER,
    ORDERS,
    PAINTER,
    SAID,
    TOOLS,
)  # fmt: skip


class Scene(BaseModel):
    title: str
    description: str


@pytest.fixture(scope="module")
def judge(url):
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0) as judge:
        yield judge


def test_it_lists_the_models_and_gets_one(judge):
    names = {model.id for model in judge.models.list()}

    assert {MODEL, "anthropic/claude-sonnet-4.5"} <= names


def test_it_reads_an_answer_with_usage_and_cost(judge):
    reply = judge.chat.completions.create(model=MODEL, messages=SAID)

    said = reply.choices[0]
    assert reply.object == "chat.completion"
    assert said.finish_reason == "stop"
    assert said.message.content.startswith("(simulated) ")
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.model_extra["cost"] > 0
    assert reply.model_extra["provider"] == "Simulator"


def test_it_reads_a_stream_to_the_same_words(judge):
    plain = judge.chat.completions.create(model=MODEL, messages=SAID)

    chunks = list(judge.chat.completions.create(model=MODEL, messages=SAID, stream=True))

    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == plain.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == plain.usage.completion_tokens


def test_its_stream_helper_puts_the_answer_together(judge):
    with judge.chat.completions.stream(model=MODEL, messages=SAID) as stream:
        for _ in stream:
            pass
        whole = stream.get_final_completion()

    assert whole.choices[0].message.content.startswith("(simulated) ")
    assert whole.choices[0].finish_reason == "stop"


def test_it_reads_tool_calls_and_gives_back_their_results(judge):
    first = judge.chat.completions.create(model=MODEL, messages=ORDERS, tools=TOOLS)
    said = first.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "{}"} for call in said.tool_calls
    ]

    second = judge.chat.completions.create(
        model=MODEL, messages=[*ORDERS, said, *results], tools=TOOLS
    )

    assert first.choices[0].finish_reason == "tool_calls"
    titles = [json.loads(call.function.arguments)["title"] for call in said.tool_calls]
    assert titles == ["Dawn", "Dusk"]
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.tool_calls is None


def test_its_stream_helper_puts_two_tool_calls_together(judge):
    with judge.chat.completions.stream(model=MODEL, messages=ORDERS, tools=TOOLS) as stream:
        done = [e for e in stream if e.type == "tool_calls.function.arguments.done"]
        whole = stream.get_final_completion()

    assert [(each.index, each.name) for each in done] == [(0, "create_scene"), (1, "create_scene")]
    calls = whole.choices[0].message.tool_calls
    assert [json.loads(call.function.arguments)["title"] for call in calls] == ["Dawn", "Dusk"]
    assert len({call.id for call in calls}) == 2


def test_it_parses_a_structured_answer_into_its_class(judge):
    reply = judge.chat.completions.parse(model=MODEL, messages=SAID, response_format=Scene)

    assert isinstance(reply.choices[0].message.parsed, Scene)
    assert reply.choices[0].message.parsed.title


def test_it_reads_a_document_of_a_given_schema(judge):
    reply = judge.chat.completions.create(model=MODEL, messages=SAID, response_format=FORM)

    assert set(json.loads(reply.choices[0].message.content)) == {"title", "description"}


def test_it_shows_a_picture_and_reads_what_is_on_it(judge):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "#d02020").save(buffer, "PNG")
    address = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    parts = [
        {"type": "text", "text": "Describe it."},
        {"type": "image_url", "image_url": {"url": address}},
    ]

    reply = judge.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": parts}]
    )

    assert "red" in reply.choices[0].message.content


def test_it_gets_a_drawn_picture_in_the_chat(judge):
    reply = judge.chat.completions.create(
        model=MULTIMODAL_PAINTER,
        messages=[{"role": "user", "content": "a #c99a2e sun"}],
        extra_body={"modalities": ["image", "text"], "image_config": {"image_size": "0.5K"}},
    )

    address = reply.choices[0].message.model_extra["images"][0]["image_url"]["url"]
    picture = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
    assert (picture.size, picture.format) == ((512, 512), "JPEG")


def test_it_gets_a_drawn_picture_from_the_images_route(judge):
    reply = judge.post(
        "/images",
        cast_to=openai.types.ImagesResponse,
        body={"model": PAINTER, "prompt": "a #c99a2e sun", "resolution": "512"},
    )

    picture = Image.open(io.BytesIO(base64.b64decode(reply.data[0].b64_json)))
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}
    assert (0xC9, 0x9A, 0x2E) in colours


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        ("nobody/nothing", openai.BadRequestError, "is not a valid model ID"),
        (PAINTER, openai.NotFoundError, "No endpoints found that support the requested output"),
        (f"{MODEL}~trouble-moderation", openai.PermissionDeniedError, "flagged"),
        (f"{MODEL}~status-422", openai.UnprocessableEntityError, "(simulated)"),
        (f"{MODEL}~status-503", openai.InternalServerError, "(simulated)"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_it_raises_its_own_error_for_each_refusal(judge, model, error, words, stream):
    with pytest.raises(error) as raised:
        judge.chat.completions.create(model=model, messages=SAID, stream=stream)

    assert words in raised.value.body["message"]
    assert raised.value.body["code"] == raised.value.status_code


def test_a_bad_key_is_its_authentication_error(url):
    with (
        openai.OpenAI(api_key="sk-or-invalid", base_url=url, max_retries=0) as judge,
        pytest.raises(openai.AuthenticationError),
    ):
        judge.chat.completions.create(model=MODEL, messages=SAID)


def test_a_balance_too_low_is_a_status_error_with_both_numbers(poor_url):
    with (
        openai.OpenAI(api_key=KEY, base_url=poor_url, max_retries=0) as judge,
        pytest.raises(openai.APIStatusError) as raised,
    ):
        judge.chat.completions.create(model=MODEL, messages=SAID, max_tokens=16_000)

    assert raised.value.status_code == 402
    assert "You requested up to 16000 tokens, but can only afford" in raised.value.body["message"]


def test_a_rate_limit_is_its_error_and_says_when_to_come_back(judge):
    with pytest.raises(openai.RateLimitError) as raised:
        judge.chat.completions.create(model=f"{MODEL}~status-429;retry_after=7", messages=SAID)

    assert raised.value.response.headers["retry-after"] == "7"


def test_it_tries_again_after_the_wait_it_was_told(url):
    with openai.OpenAI(api_key=KEY, base_url=url, max_retries=1) as judge:
        reply = judge.chat.completions.create(
            model=f"{MODEL}~status-429;retry_after=0.01;retry_form=seconds;times=1",
            messages=SAID,
        )

    assert reply.choices[0].message.content.startswith("(simulated) ")


def test_an_error_in_the_middle_of_a_stream_is_raised(judge):
    stream = judge.chat.completions.create(
        model=f"{MODEL}~mid_stream_error-2", messages=SAID, stream=True
    )

    got = [next(stream), next(stream)]
    with pytest.raises(openai.APIError, match="Provider disconnected unexpectedly"):
        next(stream)

    assert len(got) == 2
