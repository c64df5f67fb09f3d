import pytest

from ai.openrouter.errors import (
    ContextLengthError,
    NoEndpointsError,
    RejectedError,
    UnavailableError,
)
from ai.openrouter.quirks import (
    answer_text,
    preflight,
    rewrite_after,
    suggest_model,
    supports_json_object,
)
from ai.openrouter.replay import replayed
from ai.openrouter.slugs import allows_prefill
from ai.openrouter.wire import ChatRequest, Message, ProviderPreferences, ToolCall

USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f"}}
KNOWN = (
    "anthropic/claude-haiku-4.5",
    "anthropic/claude-sonnet-4.5",
    "anthropic/claude-sonnet-4",
    "openai/gpt-4o",
    "openai/gpt-4o-mini",
    "moonshotai/kimi-k2.5",
    "google/gemini-3-pro-image-preview",
    "Author/Model",
)


def ask(**over):
    return ChatRequest(**({"messages": (USER,), "model": "a/b", "max_tokens": 500} | over))


SUGGESTIONS = {
    "anthropic/claude-sonnet-4-20250514": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-3.5-haiku-20241022": "anthropic/claude-haiku-4.5",
    "claude-3-5-haiku-20241022": "anthropic/claude-haiku-4.5",
    "anthropic/claude-4.5-sonnet-20250929": "anthropic/claude-sonnet-4.5",
    "openai/gpt-4o-2024-08-06": "openai/gpt-4o",
    "openai/gpt-4o@20240806": "openai/gpt-4o",
    "gpt-4o-mini": "openai/gpt-4o-mini",
    "openai/gpt-4o:online": "openai/gpt-4o",
    "moonshotai/kimi-k2-5": "moonshotai/kimi-k2.5",
    "google/gemini-3-pro-image": "google/gemini-3-pro-image-preview",
    "moonshot/kimi-k2.5": "moonshotai/kimi-k2.5",
    "author/model": "Author/Model",
    "nobody/knows-this": None,
    "somethingelse": None,
}


@pytest.mark.parametrize(("slug", "expected"), SUGGESTIONS.items(), ids=SUGGESTIONS.keys())
def test_an_unknown_slug_is_led_to_a_known_one(slug, expected):
    assert suggest_model(slug, KNOWN) == expected


def test_without_a_catalogue_only_the_slug_itself_is_mended():
    assert suggest_model("anthropic/claude-sonnet-4-20250514", ()) == "anthropic/claude-sonnet-4.5"
    assert suggest_model("openai/gpt-4o-2024-08-06:free", ()) == "openai/gpt-4o:free"
    assert suggest_model("openai/gpt-4o", ()) is None


def test_json_mode_is_only_a_hint_to_claude():
    assert not supports_json_object("anthropic/claude-sonnet-4.5")
    assert not supports_json_object("~anthropic/claude-sonnet-latest")
    assert supports_json_object("openai/gpt-4o")


@pytest.mark.parametrize(
    ("slug", "allowed"),
    [
        ("anthropic/claude-haiku-4.5", True),
        ("anthropic/claude-3.5-sonnet", True),
        ("anthropic/claude-sonnet-4", True),
        ("anthropic/claude-sonnet-4-20250514", True),
        ("anthropic/claude-sonnet-4.6", False),
        ("anthropic/claude-opus-5", False),
        ("~anthropic/claude-sonnet-latest", False),
        ("openai/gpt-4o", True),
    ],
)
def test_claude_takes_no_prefill_from_4_6_on(slug, allowed):
    assert allows_prefill(slug) is allowed


ANSWERS = {
    "content": (Message(content="a", reasoning="r"), "a"),
    "20: only reasoning": (Message(content=" \n", reasoning="r", finish_reason="stop"), "r"),
    "cut thoughts are no answer": (Message(reasoning="r", finish_reason="length"), ""),
    "calls need no answer": (
        Message(reasoning="r", tool_calls=(ToolCall(id="a", name="f", arguments="{}"),)),
        "",
    ),
    "nothing": (Message(), ""),
}


@pytest.mark.parametrize(("message", "text"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_answer_is_found(message, text):
    assert answer_text(message) == text


# --- before sending ------------------------------------------------------------------------------


def test_image_only_models_are_asked_for_pictures_only_and_without_tools():
    wish = ask(model="black-forest-labs/flux.2-max", modalities=("image", "text"), tools=(TOOL,))

    sent = preflight(wish)

    assert sent.modalities == ("image",)
    assert sent.tools is None


def test_the_catalogue_knows_the_modalities_better_than_the_slug():
    wish = ask(model="x/flux", modalities=("image",))

    assert preflight(wish, output_modalities=["image", "text"]).modalities == ("image", "text")
    assert preflight(ask(modalities=("image",)), output_modalities=["image"]).modalities == (
        "image",
    )
    assert preflight(ask(modalities=("text",))).modalities == ("text",)
    assert preflight(ask()).modalities is None


def test_30_gemini_gets_tools_or_a_response_format_but_not_both():
    both = {"tools": (TOOL,), "response_format": {"type": "json_object"}}

    assert preflight(ask(model="google/gemini-3-pro", **both)).response_format is None
    assert preflight(ask(model="openai/gpt-4o", **both)).response_format is not None


PREFILL = {"role": "assistant", "content": "Once upon"}


def test_27_a_prefill_becomes_a_users_wish_where_it_is_refused():
    sent = preflight(ask(model="anthropic/claude-opus-5", messages=(USER, PREFILL)))
    kept = preflight(ask(model="anthropic/claude-haiku-4.5", messages=(USER, PREFILL)))
    plain = preflight(ask(model="anthropic/claude-opus-5"))

    assert [message["role"] for message in sent.messages] == ["user", "user"]
    assert sent.messages[-1]["content"].endswith("\n\nOnce upon")
    assert kept.messages == (USER, PREFILL)
    assert plain.messages == (USER,)


# --- after a refusal -----------------------------------------------------------------------------


def refused(message):
    return RejectedError(message, status=400)


def test_a_refused_prefill_is_rewritten():
    parts = {"role": "assistant", "content": [{"type": "text", "text": "Once"}, "?"]}
    error = refused("This model does not support assistant message prefill.")

    text = rewrite_after(error, ask(messages=(USER, parts)))
    blank = rewrite_after(error, ask(messages=(USER, {"role": "assistant", "content": None})))

    assert text is not None
    assert text.messages[-1]["content"].endswith("Once")
    assert blank is not None
    assert blank.messages == (USER,)
    assert rewrite_after(error, ask()) is None
    assert rewrite_after(error, ask(messages=({"role": "assistant", "content": ""},))) is None


def test_mandatory_reasoning_is_left_on():
    error = refused("Reasoning is mandatory for this endpoint and cannot be disabled")

    assert rewrite_after(error, ask(reasoning={"effort": "none"})) == ask()
    assert rewrite_after(error, ask(reasoning={"effort": "none", "exclude": True})) == ask(
        reasoning={"exclude": True}
    )
    assert rewrite_after(error, ask(reasoning_effort="none", reasoning={"exclude": True})) == ask(
        reasoning={"exclude": True}
    )
    assert rewrite_after(error, ask(reasoning_effort="none")) == ask()
    assert rewrite_after(error, ask(reasoning={"exclude": True})) is None
    assert rewrite_after(error, ask()) is None


def test_a_refused_tool_choice_is_freed():
    error = refused("No endpoints found that support the provided 'tool_choice' value")

    assert rewrite_after(error, ask(tool_choice="required")) == ask(tool_choice="auto")
    assert rewrite_after(error, ask(tool_choice="auto")) == ask()
    assert rewrite_after(error, ask()) is None


def test_30_a_response_format_beside_tools_is_dropped():
    error = refused("Function calling with a response mime type: 'application/json' is unsupported")

    assert rewrite_after(error, ask(response_format={"type": "json_object"})) == ask()
    assert rewrite_after(error, ask()) is None


@pytest.mark.parametrize(
    "error",
    [
        NoEndpointsError("none", availability={"excluded_by": ["require_parameters"]}),
        NoEndpointsError("No endpoints found that can handle the requested parameters."),
    ],
)
def test_29_required_parameters_are_no_longer_required(error):
    strict = ask(provider=ProviderPreferences(require_parameters=True, zdr=True))

    assert rewrite_after(error, strict) == ask(provider=ProviderPreferences(zdr=True))
    assert rewrite_after(error, ask(provider=ProviderPreferences(zdr=True))) is None
    assert rewrite_after(error, ask()) is None


def test_an_answer_is_shortened_when_that_is_enough():
    error = ContextLengthError(
        "This endpoint's maximum context length is 8,192 tokens. However, you requested about "
        "8500 tokens (8000 of text input, 500 in the output)."
    )

    assert rewrite_after(error, ask()) == ask(max_tokens=8192 - 8000 - 64)
    assert rewrite_after(error, ask(max_completion_tokens=900)) == ask(
        max_tokens=8192 - 8000 - 64, max_completion_tokens=8192 - 8000 - 64
    )


@pytest.mark.parametrize(
    "message",
    ["prompt is too long", "maximum context length is 8192 tokens (9000 of text input)"],
)
def test_a_prompt_that_is_too_long_is_compressed_once(message):
    error = ContextLengthError(message)
    compression = {"id": "context-compression", "engine": "middle-out"}

    sent = rewrite_after(error, ask(plugins=({"id": "web", "enabled": False},)))

    assert sent is not None
    assert sent.plugins == ({"id": "web", "enabled": False}, compression)
    assert rewrite_after(error, sent) is None


def test_other_refusals_are_not_rewritten():
    assert rewrite_after(UnavailableError("overloaded", raw_message="busy"), ask()) is None


# --- the next turn -------------------------------------------------------------------------------

CALL = ToolCall(id="a", name="f", arguments='{"z": 1,  "a": 2}')
DETAILS = (
    '[{"z":1.5,"type":"reasoning.text","text":"t","format":"anthropic-claude-v1"},'
    '{"type":"reasoning.text","text":"u","format":"anthropic-claude-v1","signature":"s"},'
    '{"type":"reasoning.text","text":"v","format":null},{"type":"reasoning.encrypted","data":"x"}]'
)


def test_15_16_17_details_are_echoed_in_order_without_unsigned_thoughts():
    message = Message(content="a", reasoning="tuv", reasoning_details=DETAILS, tool_calls=(CALL,))

    echo = replayed(
        message, slug="anthropic/claude-sonnet-4.5", spoken_by="anthropic/claude-opus-4.5"
    )

    assert echo == {
        "role": "assistant",
        "content": "a",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": CALL.arguments}}
        ],
        "reasoning_details": [
            {
                "type": "reasoning.text",
                "text": "u",
                "format": "anthropic-claude-v1",
                "signature": "s",
            },
            {"type": "reasoning.text", "text": "v", "format": None},
            {"type": "reasoning.encrypted", "data": "x"},
        ],
    }


def test_another_family_sees_no_thoughts():
    message = Message(content="a", reasoning="r", reasoning_details=DETAILS)

    assert replayed(message, slug="openai/gpt-4o", spoken_by="google/gemini-3-pro") == {
        "role": "assistant",
        "content": "a",
    }


def test_19_kimi_gets_reasoning_on_every_message_with_calls():
    kimi = {"slug": "moonshotai/kimi-k2.5", "spoken_by": "moonshotai/kimi-k2.5"}

    thought = replayed(Message(reasoning="r", tool_calls=(CALL,)), **kimi)
    silent = replayed(Message(tool_calls=(CALL,)), **kimi)
    plain = replayed(Message(content="a"), **kimi)

    assert thought["reasoning"] == "r"
    assert thought["content"] is None
    assert silent["reasoning"] == "(none)"
    assert "reasoning" not in plain


def test_21_an_empty_list_is_echoed_as_it_was():
    slug = "deepseek/deepseek-v4"

    echo = replayed(Message(content="a", reasoning_details="[]"), slug=slug, spoken_by=slug)

    assert echo["reasoning_details"] == []


def test_pictures_and_refusals_are_part_of_the_conversation():
    echo = replayed(Message(images=("data:,x",), refusal="no"), slug="a/b", spoken_by="a/b")

    assert echo["images"] == [{"type": "image_url", "image_url": {"url": "data:,x"}}]
    assert echo["refusal"] == "no"
