from decimal import Decimal

import pytest
from pydantic import ValidationError

from ai.openrouter import jsontext
from ai.openrouter.text import TextJoin, clean_tree
from ai.openrouter.usage import merged, read_usage
from ai.openrouter.wire import ChatRequest, ImageRequest, ProviderPreferences, Usage


def ask(**over):
    fields = {"messages": ({"role": "user", "content": "hi"},), "model": "a/b", "max_tokens": 9}
    return ChatRequest(**(fields | over))


def test_a_body_holds_what_was_set_and_the_nulls_inside_messages():
    called = {"role": "assistant", "content": None, "tool_calls": []}
    request = ask(
        messages=({"role": "user", "content": "hi"}, called),
        provider=ProviderPreferences(only=("groq",)),
        models=("c/d",),
        cache_control={"type": "ephemeral", "ttl": "1h"},
        prompt_cache_key="canvas-1",
    )

    assert request.body(stream=True) == {
        "messages": [{"role": "user", "content": "hi"}, called],
        "model": "a/b",
        "models": ["c/d"],
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "prompt_cache_key": "canvas-1",
        "max_tokens": 9,
        "provider": {"only": ["groq"]},
        "stream": True,
    }


EVERY_WISH = {
    "max_completion_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "min_p": 0.1,
    "top_a": 0.2, "frequency_penalty": -2.0, "presence_penalty": 2.0, "repetition_penalty": 1.1,
    "seed": 7, "stop": ["a"], "logit_bias": {"50256": -100.0}, "logprobs": True, "top_logprobs": 20,
    "reasoning_effort": "xhigh", "verbosity": "max", "service_tier": "flex",
    "prediction": {"type": "content", "content": "a"},
    "prompt_cache_options": {"mode": "explicit", "ttl": "30m"}, "preset": "mine",
    "trace": {"trace_id": "t"}, "debug": {"echo_upstream_body": True},
    "stop_server_tools_when": [{"type": "max_cost", "max_cost": 1}],
}  # fmt: skip


def test_every_wish_of_the_service_can_be_told():
    sent = ask(**EVERY_WISH).body(stream=False)

    assert {name: sent[name] for name in EVERY_WISH} == EVERY_WISH


def test_two_wishes_for_the_same_effort_agree():
    same = ask(reasoning_effort="low", reasoning={"effort": "low", "exclude": True})

    assert same.reasoning_effort == "low"
    assert ask(reasoning_effort="low", reasoning={"exclude": True}).reasoning == {"exclude": True}


@pytest.mark.parametrize(
    "over",
    [
        {"top_k": -1},
        {"min_p": 1.1},
        {"top_a": -0.1},
        {"frequency_penalty": 2.1},
        {"presence_penalty": -2.1},
        {"repetition_penalty": 2.1},
        {"top_logprobs": 21},
        {"max_completion_tokens": 0},
        {"logit_bias": {"a": 101}},
        {"reasoning_effort": "hardest"},
        {"verbosity": "none"},
        {"reasoning_effort": "low", "reasoning": {"effort": "high"}},
        {"max_tokens": None},
        {"max_tokens": 0},
        {"messages": ()},
        {"models": ("a", "b", "c", "d")},
        {"provider": {"orders": ["x"]}},
        {"metadata": {str(n): "x" for n in range(17)}},
        {"metadata": {"k" * 65: "x"}},
        {"metadata": {"k": "x" * 513}},
        {"session_id": "x" * 257},
        {"stop": ("a", "b", "c", "d", "e")},
        {"modalities": ("smell",)},
        {"temperatur": 1},
        {"stream": True},
    ],
    ids=str,
)
def test_27_a_request_that_would_be_refused_is_never_built(over):
    with pytest.raises(ValidationError):
        ask(**over)


def test_an_image_order_holds_what_was_set():
    assert ImageRequest(model="a/b", prompt="a bus", n=2).body() == {
        "model": "a/b",
        "prompt": "a bus",
        "n": 2,
    }


COSTS = {
    "exact": ('{"cost": 0.000123456789012345678}', Decimal("0.000123456789012345678")),
    "with an exponent": ('{"cost": 1e-7}', Decimal("1E-7")),
    "whole": ('{"cost": 2}', Decimal(2)),
    "as text": ('{"cost": "0.10"}', Decimal("0.10")),
    "nothing is not zero": ('{"cost": 0, "total_tokens": 1}', Decimal(0)),
    "null": ('{"cost": null, "total_tokens": 1}', None),
    "missing": ('{"total_tokens": 1}', None),
    "negative": ('{"cost": -1, "total_tokens": 1}', None),
    "NaN": ('{"cost": NaN, "total_tokens": 1}', None),
    "infinite text": ('{"cost": "Infinity", "total_tokens": 1}', None),
    "words": ('{"cost": "free", "total_tokens": 1}', None),
    "an absurd exponent": (f'{{"cost": 1e{"9" * 30}, "total_tokens": 1}}', None),
    "a flag": ('{"cost": true, "total_tokens": 1}', None),
}


@pytest.mark.parametrize(("text", "cost"), COSTS.values(), ids=COSTS.keys())
def test_a_cost_is_exact_or_unknown(text, cost):
    usage = read_usage(jsontext.parse(text))

    assert usage is not None
    assert usage.cost_usd == cost
    assert str(usage.cost_usd) == str(cost)


@pytest.mark.parametrize(
    ("written", "read"),
    [(3, 3), ("3", 3), (Decimal("3.0"), 3), (3.7, 3), (-1, None), (True, None), ([], None),
     (float("inf"), None), (1e30, None), (None, None)],
)  # fmt: skip
def test_counts_survive_odd_types(written, read):
    usage = read_usage({"prompt_tokens": written, "completion_tokens": 1})

    assert usage == Usage(prompt_tokens=read, completion_tokens=1)


def test_every_part_of_the_bill_is_found():
    usage = read_usage(
        {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 6, "image_tokens": 7},
            "cost": Decimal("0.1"),
            "cost_details": {"upstream_inference_cost": Decimal("0.2")},
            "is_byok": True,
        }
    )

    assert usage == Usage(
        prompt_tokens=1,
        completion_tokens=2,
        total_tokens=3,
        cached_tokens=4,
        cache_write_tokens=5,
        reasoning_tokens=6,
        image_tokens=7,
        cost_usd=Decimal("0.1"),
        upstream_cost_usd=Decimal("0.2"),
        is_byok=True,
    )


@pytest.mark.parametrize(
    "value", [None, [], {}, {"cost": None}, {"prompt_tokens_details": None}, {"is_byok": 1}]
)
def test_a_bill_that_says_nothing_is_none(value):
    assert read_usage(value) is None


def test_a_later_bill_completes_an_earlier_one():
    assert merged(None, Usage(prompt_tokens=1)) == Usage(prompt_tokens=1)
    assert merged(Usage(prompt_tokens=1, total_tokens=2), Usage(prompt_tokens=3)) == Usage(
        prompt_tokens=3, total_tokens=2
    )


def test_json_is_written_compactly_and_exactly_enough():
    value = jsontext.parse('\ufeff{"b": 1.50, "a": [1e400, NaN, "é"]}')

    assert jsontext.dump(value) == '{"b":1.5,"a":[null,null,"é"]}'
    assert jsontext.parse("1.5", exact=False) == 1.5
    assert jsontext.parse_run(' {"a":1} [2] ') == [{"a": 1}, [2]]


def test_json_that_is_none_is_refused():
    with pytest.raises(TypeError, match="object is not JSON"):
        jsontext.dump(object())
    with pytest.raises(ValueError, match="nested too deeply"):
        jsontext.parse("[" * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        jsontext.parse_run("[" * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        jsontext.parse('{"a":[' * 60 + "]}" * 60)


def test_wide_json_is_not_deep():
    assert len(jsontext.parse("[" + "{},[[]]," * 200 + "1]")) == 401


def test_every_text_of_a_tree_is_cleaned():
    assert clean_tree({"a\x00": ["\ud83d\ude00", 1, None]}) == {"a": ["😀", 1, None]}


def test_a_text_in_fragments_holds_a_half_character_back():
    join = TextJoin()

    shown = [join.add("a\ud83d"), join.add("\x00"), join.add("b\ud83d"), join.add("\ude00")]

    assert shown == ["a", "\ufffd", "b", "😀"]
    assert join.text() == "a\ufffdb😀"
