"""What a model gave, in the form in which it is scored, whatever the task was. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Made:
    """One tool call that passed its contract, its arguments as they are on the wire."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that can be scored: words and calls, or the value of a contract."""

    words: str = ""
    calls: tuple[Made, ...] = ()
    value: BaseModel | None = None

    @property
    def said(self) -> str:
        """Everything that the answer says to people, as one text."""
        return self.words if self.value is None else "\n".join(_texts(self.value.model_dump()))

    @property
    def written(self) -> str:
        """What it says, and what stands in the arguments of its calls."""
        called = [text for call in self.calls for text in _texts(call.arguments)]
        return "\n".join([self.said, *called])


def values_at(path: str, arguments: Any) -> list[Any]:  # noqa: ANN401 JSON
    """Find the values at a path such as `scenes[].title`; where nothing stands there are none."""
    found = [arguments]
    for part in path.split("."):
        name = part.removesuffix("[]")
        inner = [one.get(name) for one in found if isinstance(one, Mapping)]
        found = [one for one in inner if one is not None]
        if part.endswith("[]"):
            found = [item for one in found if isinstance(one, list) for item in one]
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
