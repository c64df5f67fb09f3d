"""What goes over the wire: requests we are strict about, replies we are lenient about.

Requests refuse what OpenRouter would refuse (`provider` is a closed object, at most three models,
an explicit `max_tokens`). Replies ignore what they do not know and survive odd types: the published
specification changes almost daily and does not describe every real reply.

Source: https://openrouter.ai/docs/api_reference/overview
"""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

Json = dict[str, Any]

MAX_FALLBACK_MODELS: Final = 3
_NO_COST: Final = Decimal(0)
_MOST_TOKENS: Final = 2**53


def _count(value: object) -> int | None:
    """Read a number of tokens however it is written; None for what is no count."""
    value = _amount(value)
    if value is None:
        return None
    return int(value) if value <= _MOST_TOKENS else None


def _amount(value: object) -> Decimal | None:
    """Read an amount of money exactly; None for what is no finite amount of at least zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and amount >= _NO_COST else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _object(value: object) -> object:
    return value if isinstance(value, dict | BaseModel) else None


Tokens = Annotated[int | None, BeforeValidator(_count)]
Usd = Annotated[Decimal | None, BeforeValidator(_amount)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]


class _Reply(BaseModel):
    """Part of a reply: frozen, and without a word about fields it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Request(BaseModel):
    """Part of a request: frozen, and closed, so that a misspelt wish is not silently dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- replies -------------------------------------------------------------------------------------


class Usage(_Reply):
    """What one call used and cost. None is "not told", which is not zero."""

    prompt_tokens: Tokens = None
    completion_tokens: Tokens = None
    total_tokens: Tokens = None
    cached_tokens: Tokens = None
    """Prompt tokens read from the provider's cache."""
    cache_write_tokens: Tokens = None
    reasoning_tokens: Tokens = None
    image_tokens: Tokens = None
    cost_usd: Usd = None
    """What the account was charged, exact to the last digit of the JSON text."""
    upstream_cost_usd: Usd = None
    """What the provider charges to a key of our own (BYOK); not part of `cost_usd`."""
    is_byok: Flag = None


class ToolCall(_Reply):
    """One call the model wants made. The arguments are the model's own text, not yet checked."""

    id: str
    name: str
    arguments: str
    """JSON text as it came, to be replayed letter by letter; `{}` when there was none."""


class Message(_Reply):
    """What the model said, put together from however many pieces."""

    role: str = "assistant"
    content: str = ""
    reasoning: str | None = None
    reasoning_details: str | None = None
    """JSON text of the list to echo on the next turn; None is absent, `[]` is to be echoed too."""
    tool_calls: tuple[ToolCall, ...] = ()
    images: tuple[str, ...] = ()
    """Addresses of pictures, nearly always `data:image/png;base64,...`."""
    refusal: str | None = None
    annotations: tuple[Json, ...] = ()
    finish_reason: str | None = None
    """`tool_calls` whenever there are calls and nothing was cut; `length` means cut."""
    native_finish_reason: str | None = None
    """The provider's own word for it."""
    service_tier: str | None = None
    """The tier that served, which may be none that could be asked for."""
    id: str | None = None
    """Of the generation."""
    model: str | None = None
    """The model that served, as a dated permaslug: never equal to the slug asked for."""
    provider: str | None = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """Return the content: what was said aloud."""
        return self.content

    @property
    def cost(self) -> Decimal | None:
        """Return what the account was charged, in USD; None is "not told", which is not zero."""
        return None if self.usage is None else self.usage.cost_usd

    @property
    def is_cut(self) -> bool:
        """Whether the token limit ended the message."""
        return self.finish_reason == "length"


class ChatReply(_Reply):
    """One completion that ended well."""

    generation_id: str | None = None
    model: str | None = None
    """The model that served, as a dated permaslug: never equal to the slug asked for."""
    provider: str | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    service_tier: str | None = None
    message: Message
    usage: Usage | None = None
    simulated: bool = False
    """Whether the reply says of itself that no model was asked."""
    raw: str = ""
    """The body, or the last chunk of a stream, cut to a sane length: for audit."""


class Generation(_Reply):
    """The bill of one generation, as GET /generation tells it later."""

    id: str
    model: str | None = None
    provider: str | None = None
    cost_usd: Usd = None
    upstream_cost_usd: Usd = None
    prompt_tokens: Tokens = None
    """As the provider counts them; this is what is billed."""
    completion_tokens: Tokens = None
    reasoning_tokens: Tokens = None
    cached_tokens: Tokens = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    cancelled: Flag = None
    is_byok: Flag = None


class DailyRequests(_Reply):
    """The requests to free models that a day has; they come back at 00:00 UTC."""

    limit: Tokens = None
    used: Tokens = None
    remaining: Tokens = None


class KeyStatus(_Reply):
    """What the key may still spend."""

    label: str | None = None
    limit_usd: Usd = None
    """None is a key without a limit."""
    remaining_usd: Usd = None
    used_usd: Usd = None
    """Since the key was made, not within the limit's window."""
    used_day_usd: Usd = None
    """Since 00:00 UTC; the week's begins on Monday, the month's on the first."""
    used_week_usd: Usd = None
    used_month_usd: Usd = None
    byok_used_usd: Usd = None
    """What providers charged to keys of our own; not part of `used_usd`."""
    is_free_tier: Flag = None
    is_management_key: Flag = None
    expires_at: str | None = None
    free_model_daily_requests: Annotated[DailyRequests | None, BeforeValidator(_object)] = None


class Credits(_Reply):
    """The account's balance; only a management key may ask."""

    total_usd: Usd = None
    used_usd: Usd = None


# --- requests ------------------------------------------------------------------------------------


class ProviderPreferences(_Request):
    """Which providers may serve; a closed object upstream too.

    Source: https://openrouter.ai/docs/guides/routing/provider-selection
    """

    order: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    """Leave unset: one parameter nobody advertises empties the list of endpoints."""
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    quantizations: tuple[str, ...] | None = None
    sort: str | Json | None = None
    max_price: Json | None = None
    preferred_min_throughput: float | Json | None = None
    preferred_max_latency: float | Json | None = None
    options: dict[str, Json] | None = None


Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]
MetadataKey = Annotated[str, StringConstraints(max_length=64)]
MetadataValue = Annotated[str, StringConstraints(max_length=512)]


class ChatRequest(_Request):
    """One question to POST /chat/completions. `stream` is the client's affair."""

    messages: Annotated[tuple[Json, ...], Field(min_length=1)]
    """In OpenRouter's shape; see `replay.replayed` for what the model said before."""
    model: Annotated[str, Field(min_length=1)]
    models: Annotated[tuple[str, ...], Field(max_length=MAX_FALLBACK_MODELS)] | None = None
    """Fallbacks in order; more than three are refused upstream."""
    max_tokens: Annotated[int, Field(ge=1)]
    """Always explicit: without it the model's whole window is reserved from the balance."""
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    """The same by its newer name, which few endpoints advertise."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_a: Annotated[float, Field(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0, le=2)] | None = None
    tools: tuple[Json, ...] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    response_format: Json | None = None
    reasoning: Json | None = None
    reasoning_effort: Effort | None = None
    """Short for `reasoning.effort`, which must not say another one."""
    verbosity: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    prediction: Json | None = None
    """`{"type": "content", "content": ...}`: what most of the answer will be."""
    service_tier: str | None = None
    provider: ProviderPreferences | None = None
    preset: str | None = None
    plugins: tuple[Json, ...] | None = None
    modalities: tuple[Literal["text", "image", "audio"], ...] | None = None
    image_config: Json | None = None
    cache_control: Json | None = None
    """`{"type": "ephemeral"}` lets Anthropic cache the prompt; OpenAI and Gemini do it unasked."""
    prompt_cache_key: str | None = None
    prompt_cache_options: Json | None = None
    session_id: Annotated[str, Field(max_length=256)] | None = None
    """Keeps a conversation at one provider, whose cache knows it."""
    user: str | None = None
    """A stable hash of the end user, so that a provider's block hits one user and not all."""
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)] | None = None
    seed: int | None = None
    stop: str | Annotated[tuple[str, ...], Field(max_length=4)] | None = None
    stop_server_tools_when: tuple[Json, ...] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    trace: Json | None = None
    """Goes to the account's own observers, free keys included."""
    debug: Json | None = None
    """`{"echo_upstream_body": true}` shows what each provider was sent; only in a stream."""

    @model_validator(mode="after")
    def _one_effort(self) -> Self:
        told = (self.reasoning or {}).get("effort")
        if None not in (told, self.reasoning_effort) and told != self.reasoning_effort:
            raise ValueError("reasoning.effort and reasoning_effort wish for different things")
        return self

    def body(self, *, stream: bool) -> Json:
        """Return the JSON object to send; what is None is left out."""
        return self.model_dump(mode="json", exclude_none=True) | {"stream": stream}


class ImageRequest(_Request):
    """One order to POST /images; send only what the model's entry lists.

    Source: https://openrouter.ai/docs/guides/overview/multimodal/image-generation
    """

    model: Annotated[str, Field(min_length=1)]
    prompt: Annotated[str, Field(min_length=1)]
    n: Annotated[int, Field(ge=1, le=10)] | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: Literal["png", "jpeg", "webp", "svg"] | None = None
    background: Literal["auto", "transparent", "opaque"] | None = None
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = None
    seed: int | None = None
    input_references: Annotated[tuple[Json, ...], Field(max_length=16)] | None = None
    """Each `{"type": "image_url", "image_url": {"url": ...}}`; bare strings are refused."""
    provider: ProviderPreferences | None = None
    session_id: Annotated[str, Field(max_length=256)] | None = None
    user: str | None = None

    def body(self, *, stream: bool = False) -> Json:
        """Return the JSON object to send; what is None is left out, and so is a false `stream`."""
        asked = {"stream": True} if stream else {}
        return self.model_dump(mode="json", exclude_none=True) | asked
