"""The judge is OpenRouter's own Python SDK, generated from the specification it publishes."""

import base64
import io
import json

import pytest
from openrouter import OpenRouter, errors
from PIL import Image

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


def client(url, key=KEY):
    return OpenRouter(api_key=key, server_url=url, retry_config=None)


@pytest.fixture(scope="module")
def judge(url):
    with client(url) as judge:
        yield judge


def test_it_lists_the_models_and_gets_one_of_them(judge):
    author, slug = MODEL.split("/")

    listed = judge.models.list().result
    one = judge.models.get(author=author, slug=slug)
    counted = judge.models.count()

    assert MODEL in {model.id for model in listed.data}
    assert one.data.id == MODEL
    assert counted.data.count >= len(listed.data)


def test_it_reads_where_a_model_is_served(judge):
    author, slug = MODEL.split("/")

    served = judge.endpoints.list(author=author, slug=slug)

    assert [endpoint.tag for endpoint in served.data.endpoints] == ["simulator"]


# the SDK itself warns of a field that every reply of the service carries
@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")
def test_it_reads_key_balance_and_generation(judge):
    made = judge.chat.send(model=MODEL, messages=SAID)

    key = judge.api_keys.get_current_key_metadata()
    balance = judge.credits.get_credits()
    generation = judge.generations.get_generation(id=made.id)

    assert key.data.usage >= made.usage.cost
    assert balance.data.total_credits >= balance.data.total_usage
    assert generation.data.total_cost == made.usage.cost


def test_it_reads_an_answer(judge):
    reply = judge.chat.send(model=MODEL, messages=SAID)

    said = reply.choices[0]
    assert said.message.content.startswith("(simulated) ")
    assert said.finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_it_reads_a_stream_to_the_same_words(judge):
    plain = judge.chat.send(model=MODEL, messages=SAID)

    with judge.chat.send(model=MODEL, messages=SAID, stream=True) as stream:
        chunks = list(stream)

    words = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(words) == plain.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == plain.usage.completion_tokens


def test_it_reads_tool_calls(judge):
    reply = judge.chat.send(model=MODEL, messages=ORDERS, tools=TOOLS)

    calls = reply.choices[0].message.tool_calls
    assert reply.choices[0].finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments)["title"] for call in calls] == ["Dawn", "Dusk"]


def test_it_reads_streamed_tool_calls_by_their_index(judge):
    with judge.chat.send(model=MODEL, messages=ORDERS, tools=TOOLS, stream=True) as stream:
        parts = [
            part
            for chunk in stream
            for choice in chunk.choices
            for part in choice.delta.tool_calls or ()
        ]

    texts = {part.index: "" for part in parts}
    for part in parts:
        texts[part.index] += part.function.arguments or ""
    assert [json.loads(text)["title"] for text in texts.values()] == ["Dawn", "Dusk"]
    assert [part.function.name for part in parts if part.id] == ["create_scene"] * 2


def test_it_reads_a_document_of_a_given_schema(judge):
    reply = judge.chat.send(model=MODEL, messages=SAID, response_format=FORM)

    assert set(json.loads(reply.choices[0].message.content)) == {"title", "description"}


def test_it_gets_a_drawn_picture_and_reads_what_painters_take(judge):
    painters = judge.images.list_models()
    author, slug = PAINTER.split("/")
    served = judge.images.list_model_endpoints(author=author, slug=slug)
    reply = judge.images.generate(model=PAINTER, prompt="a #c99a2e sun", resolution="512")

    picture = Image.open(io.BytesIO(base64.b64decode(reply.data[0].b64_json)))
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}
    assert PAINTER in {model.id for model in painters.data}
    assert served.endpoints[0].pricing[0].cost_usd == reply.usage.cost == 0.16
    assert (0xC9, 0x9A, 0x2E) in colours


def test_it_gets_a_drawn_picture_in_the_chat(judge):
    reply = judge.chat.send(
        model=MULTIMODAL_PAINTER,
        messages=[{"role": "user", "content": "a #c99a2e sun"}],
        modalities=["image", "text"],
        image_config={"image_size": "0.5K"},
    )

    head, body = reply.choices[0].message.images[0].image_url.url.split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(body))).size == (512, 512)


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("nobody/nothing", errors.BadRequestResponseError),
        (f"{MODEL}~trouble-moderation", errors.ForbiddenResponseError),
        (PAINTER, errors.NotFoundResponseError),
        (f"{MODEL}~status-408", errors.RequestTimeoutResponseError),
        (f"{MODEL}~status-413", errors.PayloadTooLargeResponseError),
        (f"{MODEL}~status-422", errors.UnprocessableEntityResponseError),
        (f"{MODEL}~status-500", errors.InternalServerResponseError),
        (f"{MODEL}~status-502", errors.BadGatewayResponseError),
        (f"{MODEL}~status-503", errors.ServiceUnavailableResponseError),
        (f"{MODEL}~status-524", errors.EdgeNetworkTimeoutResponseError),
        (f"{MODEL}~status-529", errors.ProviderOverloadedResponseError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_it_raises_its_own_error_for_each_refusal(judge, model, error, stream):
    with pytest.raises(error) as raised:
        judge.chat.send(model=model, messages=SAID, stream=stream)

    assert raised.value.data.error.code == raised.value.status_code


def test_a_bad_key_is_its_unauthorised_error(url):
    with client(url, "sk-or-invalid") as judge, pytest.raises(errors.UnauthorizedResponseError):
        judge.chat.send(model=MODEL, messages=SAID)


def test_a_balance_too_low_is_its_error_with_both_numbers(poor_url):
    with client(poor_url) as judge, pytest.raises(errors.PaymentRequiredResponseError) as raised:
        judge.chat.send(model=MODEL, messages=SAID, max_tokens=16_000)

    words = raised.value.data.error.message
    assert "You requested up to 16000 tokens, but can only afford" in words


def test_a_rate_limit_is_its_error_and_says_when_to_come_back(judge):
    with pytest.raises(errors.TooManyRequestsResponseError) as raised:
        judge.chat.send(model=f"{MODEL}~status-429;retry_after=7", messages=SAID)

    assert raised.value.headers["retry-after"] == "7"


def test_an_unknown_generation_is_its_not_found_error(judge):
    with pytest.raises(errors.NotFoundResponseError):
        judge.generations.get_generation(id="gen-nothing")
