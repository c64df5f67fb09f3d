"""The arguments of a tool call: mended where the meaning is certain, otherwise refused by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ai.structured.extract import Reading, drafts, readings, strict_value
from ai.structured.repair import Fitter
from ai.structured.shape import Shape, shape_of
from ai.structured.verdict import errors_of

C = TypeVar("C", bound=BaseModel)

_WRAPPERS = ("arguments", "parameters", "input", "args")


@dataclass(frozen=True)
class ArgumentsError:
    """Why a tool call cannot be carried out, one sentence an error."""

    errors: tuple[str, ...]

    def as_text(self) -> str:
        """Return the refusal as the tool result that the model reads."""
        listed = "\n".join(f"- {error}" for error in self.errors)
        return f"Nothing was done. The arguments are wrong:\n{listed}\nCall the tool again."


def tool_arguments(raw: str, contract: type[C]) -> C | ArgumentsError:
    """Return the arguments of a tool call, or what is wrong with them.

    Nothing written means no arguments. Cut arguments are never carried out, and a key that the tool
    does not have is refused by name: the model may have meant something by it.
    """
    if not raw.strip():
        raw = "{}"
    shape = shape_of(contract)
    try:
        return contract.model_validate(strict_value(raw), strict=True)
    except ValueError:
        pass
    errors: tuple[str, ...] = ("there is no complete JSON object in the arguments",)
    for reading in readings(raw, shape.known):
        written = _written(reading, shape)
        if isinstance(written, ArgumentsError):
            errors = written.errors
            continue
        fitted = Fitter(shape, keep_extra=True).fit(written)
        try:
            return contract.model_validate(fitted, strict=True)
        except ValidationError as failure:
            errors = errors_of(failure)
    return ArgumentsError(errors)


def _written(reading: Reading, shape: Shape) -> object:
    """Return the one object of a reading, out of its wrapper."""
    found = drafts(reading, shape.known)
    if any(draft.cut for draft in found):
        return ArgumentsError(("the arguments were cut off before their end",))
    values = _distinct([draft.value for draft in found])
    if not values:
        return ArgumentsError(("there is no complete JSON object in the arguments",))
    if len(values) > 1:
        return ArgumentsError(("there is more than one object; call the tool once for each",))
    only = values[0]
    if isinstance(only, dict) and len(only) == 1:
        key, inner = next(iter(only.items()))
        if key in _WRAPPERS and isinstance(inner, dict | str):
            return inner
    return only


def _distinct(values: Sequence[object]) -> list[object]:
    """Leave out repetitions, and empty objects beside full ones."""
    distinct: list[object] = []
    for value in values:
        if value not in distinct:
            distinct.append(value)
    full = [value for value in distinct if value]
    return full or distinct
