"""The types of the two request bodies, so that the finer checks can trust what they read."""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai.simulator.errors import Refusal
from ai.simulator.wire import Json


class _Shape(BaseModel):
    """A part of a request: known keys typed strictly, unknown keys let through."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Function(_Shape):
    """A function that a tool offers."""

    name: str
    parameters: dict[str, Any] | None = None


class _Tool(_Shape):
    """A tool: a function, or one that the service runs itself."""

    type: str
    function: _Function | None = None


class _Call(_Shape):
    """A call in an assistant message."""

    id: str | None = None
    function: dict[str, Any]


class _Message(_Shape):
    """One message."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _Choice(_Shape):
    """A tool that is demanded."""

    type: Literal["function"]
    function: dict[str, str]


class _Format(_Shape):
    """How the answer is to be written."""

    type: str
    json_schema: dict[str, Any] | None = None


class ChatShape(_Shape):
    """POST /chat/completions."""

    model: str | None = None
    models: list[str] | None = None
    messages: list[_Message] = Field(default_factory=list)
    stream: bool | None = None
    tools: list[_Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | _Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    modalities: list[str] | None = None
    image_config: dict[str, str | int | float | list[Any]] | None = None
    reasoning: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None


class ImagesShape(_Shape):
    """POST /images."""

    model: str
    prompt: str
    n: int | None = None
    size: str | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    output_format: str | None = None
    quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] | None = None
    background: Literal["auto", "transparent", "opaque"] | None = None
    output_compression: int | None = Field(None, ge=0, le=100)
    seed: int | None = None
    input_references: list[Any] | None = None
    stream: bool | None = None
    metadata: dict[str, Any] | None = None
    trace: dict[str, Any] | None = None


_AnyShape = TypeVar("_AnyShape", ChatShape, ImagesShape)


def check_types(shape: type[_AnyShape], body: dict[str, Json]) -> None:
    """Check a body against its types.

    Raises:
        Refusal: 400 naming the first key that is of a wrong type.
    """
    try:
        shape.model_validate(body)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in error["loc"])
        raise Refusal(400, f"Invalid input at {path}: {error['msg']}") from exc
