"""Whatever comes, it becomes a message fit for storage or one of our exceptions."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ai.openrouter.errors import OpenRouterError
from ai.openrouter.faults import read_failure
from ai.openrouter.images import read_image_reply
from ai.openrouter.replay import replayed
from ai.openrouter.stream import assemble, read_completion
from tests.ai.openrouter.sse_bodies import body, delta

NAMES = st.sampled_from(
    ["id", "model", "provider", "choices", "delta", "message", "content", "role", "reasoning",
     "reasoning_details", "tool_calls", "index", "function", "name", "arguments", "images",
     "image_url", "url", "finish_reason", "native_finish_reason", "usage", "cost", "error", "code",
     "metadata", "raw", "availability", "headers", "type", "text", "summary", "signature", "data"]
)  # fmt: skip
LEAVES = st.sampled_from(
    ["", "a", "stop", "length", "error", "tool_calls", "\ud83d", "\x00", "{}", '{"x"', "null",
     "reasoning.text", "reasoning.summary", "reasoning.encrypted", "429", "1e99999",
     0, 1, -1, 2**70, 0.5, float("nan"), float("inf"), True, None]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
PIECES = st.fixed_dictionaries(
    {},
    optional={
        "index": LEAVES,
        "id": LEAVES,
        "function": st.fixed_dictionaries({"name": LEAVES, "arguments": TREES}),
    },
)
DELTAS = st.builds(
    delta,
    finish=st.sampled_from([None, None, "stop", "length", "tool_calls"]),
    content=LEAVES,
    reasoning=LEAVES,
    reasoning_details=TREES,
    tool_calls=st.lists(PIECES, max_size=3),
    images=TREES,
    annotations=TREES,
)
QUIET = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def assert_storable(value):
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode()
    assert "\x00" not in text


@QUIET
@given(st.lists(DELTAS | TREES, max_size=5), st.booleans())
def test_any_stream_is_a_storable_message_or_an_exception(chunks, ends_well):
    raw = body(*(json.dumps(chunk) for chunk in chunks), *[delta("stop", content="x")] * ends_well)

    try:
        message = assemble([raw])
    except OpenRouterError as error:
        assert_storable([str(error), error.raw_message, error.provider, error.provider_code])
    else:
        assert message.content or message.reasoning or message.tool_calls or message.images
        assert_storable(replayed(message, slug="a/b", spoken_by="a/b"))


@QUIET
@given(TREES, st.sampled_from([200, 400, 403, 404, 429, 500]))
def test_any_body_is_a_reply_or_an_exception(tree, status):
    raw = json.dumps(tree).encode()

    for read in (read_completion, read_image_reply):
        try:
            assert read(raw) is not None
        except OpenRouterError as error:
            assert_storable(str(error))
    assert_storable(str(read_failure(raw, status=status)))
