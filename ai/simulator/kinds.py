"""Every fault this simulator knows: its name, its ways, its effect; the README shows the table."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Where: TypeAlias = Literal["every endpoint", "chat and images", "chat", "streams", "generation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault.

    Args:
        name: as scripts, headers and model suffixes name it.
        effect: what a client sees.
        where: the endpoints on which it acts.
        ways: the values of `how`; the first is meant when none is given.
        number: the parameter that a bare number behind the name sets.
        params: further parameters, in words.
    """

    name: str
    effect: str
    where: Where
    ways: tuple[str, ...] = ()
    number: str = ""
    params: str = ""

    def row(self) -> str:
        """Return the kind as a line of the table."""
        ways = ", ".join(f"`{way}`" for way in self.ways)
        number = f"`{self.number}`" if self.number else ""
        return (
            f"| `{self.name}` | {self.where} | {self.effect} | {ways} | {number} | {self.params} |"
        )


TROUBLES: Final = (
    "provider_error", "nested_raw", "context_length", "content_policy", "moderation", "guardrail",
    "key_limit", "credits", "negative_balance", "prompt_credits", "data_policy", "parameters",
    "tool_choice", "free_per_minute", "free_per_day", "upstream_429", "capacity", "region",
    "signature", "too_many_states", "reasoning_mandatory", "prefill",
)  # fmt: skip

_ALL: Final = (
    # --- an error in place of the answer ----------------------------------------------------------
    Kind(
        name="status", where="every endpoint", number="status",
        effect="an error status in one of the nine envelopes",
        params="`envelope` a to i, `message`, `error_type`, `metadata`, `availability`, "
        "`retry_after` with `retry_form` (see below)",
    ),
    Kind(
        name="trouble", where="every endpoint", ways=TROUBLES,
        effect="an error of the field, with the service's own words and metadata",
        params="as `status`; `afford` for `credits`",
    ),
    Kind(
        name="error_in_200", where="every endpoint", number="status",
        effect="status 200 with an error in it, as JSON even for a stream",
    ),
    Kind(
        name="choice_error", where="chat and images", number="status",
        effect="status 200, the error inside the choice",
    ),
    Kind(
        name="html", where="every endpoint", number="status",
        ways=("page", "empty", "text", "json_as_html"),
        effect="a proxy's page, an empty body or plain words in place of JSON",
    ),
    # --- time -------------------------------------------------------------------------------------
    Kind(
        name="slow", where="every endpoint", number="seconds",
        effect="a late first token, kept alive with comments or newlines",
        params="`token_s`; `at=headers` holds back the headers too",
    ),
    Kind(
        name="stall", where="every endpoint", number="events",
        effect="silence after so many events or `bytes`, then it goes on",
        params="`seconds` (an hour), `comments` with `comment_s`; `at` headers, events or end",
    ),
    Kind(
        name="blanks", where="every endpoint", number="bytes",
        effect="so many blanks before the JSON (10 MB); comments before a stream",
    ),
    Kind(
        name="dribble", where="every endpoint", number="bytes",
        effect="the body in writes of so many bytes (1)",
        params="`seconds` between two writes",
    ),
    # --- broken transport -------------------------------------------------------------------------
    Kind(
        name="cut", where="every endpoint", number="events", ways=("close", "reset"),
        effect="the connection drops after so many events or `bytes` of the body",
        params="`bytes`; `at=headers` drops it after so many bytes of the head",
    ),
    Kind(
        name="bad_body", where="every endpoint",
        ways=(
            "truncated", "garbage", "empty", "null", "list", "number", "text", "bad_utf8", "nan",
            "doubled", "deep",
        ),
        effect="a body that is not the JSON object it should be",
    ),
    Kind(
        name="mislabelled", where="every endpoint", ways=("html", "text", "json", "stream", "none"),
        effect="the right body under a wrong content type",
    ),
    # --- streams ----------------------------------------------------------------------------------
    Kind(
        name="framing", where="streams",
        ways=(
            "crlf", "cr", "no_space", "two_lines", "named", "bom", "unknown_field", "unended",
        ),
        effect="events written in another way the format allows; `unended` lacks the last newline",
    ),
    Kind(
        name="bad_event", where="streams", number="events",
        ways=(
            "not_json", "truncated", "list", "null", "text", "empty", "unknown", "no_choices",
            "null_choices", "null_delta",
        ),
        effect="one event that is none, after so many good ones (1)",
    ),
    Kind(
        name="comments", where="streams", number="count",
        effect="so many comments in a row (17) before and between the events",
    ),
    Kind(
        name="ending", where="streams", number="ending",
        effect="one of the six real endings (see below)",
    ),
    Kind(name="no_finish", where="chat", effect="no finish reason anywhere"),
    Kind(name="no_done", where="streams", effect="no `[DONE]`"),
    Kind(
        name="mid_stream_error", where="streams", number="events",
        ways=("documented", "null_finish", "bare", "string_code", "availability", "choice"),
        effect="an error event after so many good ones (1); nothing is billed",
        params="`status`, `message`",
    ),
    Kind(
        name="late_usage", where="streams", number="seconds",
        effect="the usage comes so much later than the finish (0.5)",
    ),
    Kind(
        name="no_usage", where="chat and images",
        ways=("absent", "null", "no_cost", "null_details", "no_details", "zero"),
        effect="usage that is missing or thin; the bill is right all the same",
    ),
    # --- answers ----------------------------------------------------------------------------------
    Kind(
        name="empty", where="chat and images", ways=("blank", "null", "absent", "spaces"),
        effect="no words, no calls, no pictures; billed",
    ),
    Kind(
        name="no_choices", where="chat", ways=("null", "absent", "empty"),
        effect="`choices` is null, missing or []",
    ),
    Kind(
        name="refusal", where="chat", ways=("words", "field", "filter"),
        effect="the model declines: in words, in its field, or by the content filter",
        params="`message`, `finish_reason`",
    ),
    Kind(
        name="long", where="chat", number="tokens",
        effect="the answer's words over and over, so many tokens (200)",
    ),
    Kind(
        name="malformed_json", where="chat",
        ways=(
            "fences", "prose", "fences_and_prose", "trailing_commas", "truncated",
            "python_literals", "single_quotes", "unquoted_keys", "comments", "newlines", "doubled",
            "wrapped", "bom", "thinking",
        ),
        effect="the document, but not as plain JSON",
    ),
    Kind(
        name="wrong_schema", where="chat",
        ways=(
            "missing", "extra", "wrong_type", "null", "renamed", "list", "empty", "wrapped",
            "camel",
        ),
        effect="JSON of another shape; with `times` wrong so often, then right",
        params="`key`",
    ),
    Kind(
        name="wrong_tool", where="chat",
        ways=(
            "unknown_name", "broken_arguments", "truncated_arguments", "not_an_object",
            "wrong_arguments", "object_arguments", "absent_arguments", "null_arguments",
            "empty_arguments", "missing_id", "empty_id", "same_id", "no_index", "shared_index",
            "index_gap", "tail_elsewhere", "finish_stop", "finish_null", "malformed_call",
        ),
        effect="tool calls as models and providers spoil them",
        params="`name`",
    ),
    Kind(
        name="odd_reply", where="chat",
        ways=(
            "nested", "thin", "unknown_finish", "unknown_tier", "content_parts", "no_message",
            "null_message", "unknown_keys", "line_separators",
        ),
        effect="a good answer in a shape that strict decoders do not take",
    ),
    Kind(
        name="bad_picture", where="chat and images",
        ways=(
            "not_base64", "not_a_picture", "truncated", "no_type", "wrong_type", "address", "none",
            "blocked",
        ),
        effect="a picture that cannot be used, or none at all",
    ),
    # --- afterwards -------------------------------------------------------------------------------
    Kind(
        name="generation_404", where="generation", number="polls",
        effect="GET /generation answers 404; on a chat request: for so many polls (1) of it",
    ),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in _ALL}
_HEAD: Final = (
    "| fault | where | effect | `how` | number | parameters |",
    "|---|---|---|---|---|---|",
)


def table() -> str:
    """Return all kinds as the Markdown table of the README."""
    return "\n".join([*_HEAD, *(kind.row() for kind in _ALL)])
