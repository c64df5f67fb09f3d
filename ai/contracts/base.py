"""The base of every contract, and the text type that all of them share."""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_NAME_CHARS: Final = 64
"""Longest schema name the API takes. Source: POST /chat/completions, `json_schema.name`."""

_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def clean_text(text: str) -> str:
    """Drop NUL and lone surrogates, which no database or encoder takes, and outer blanks."""
    return _FORBIDDEN.sub("", text).strip()


def _clean(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean)]
"""Text that is safe to store: no NUL, no lone surrogate, no blank at either end."""

Name = Annotated[Text, Field(min_length=1, max_length=200)]
"""What something is called: a title, a person, a place."""


class Contract(BaseModel):
    """A shape that a model is asked for.

    Frozen, strict, closed to unknown keys, and without defaults: a strict wire schema wants every
    key to be required, and a value that nobody wrote is no answer. Descriptions are prompt text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Refuse a contract that has a default. Raises: TypeError."""
        super().__pydantic_init_subclass__(**kwargs)
        optional = [name for name, field in cls.model_fields.items() if not field.is_required()]
        if optional:
            msg = f"{cls.__name__} gives defaults to {', '.join(optional)}; a contract has none"
            raise TypeError(msg)


def wire_name(contract: type[BaseModel]) -> str:
    """Return the name that a contract has on the wire: `ImageAnalysis` is `image_analysis`."""
    return _HUMP.sub("_", contract.__name__).lower()[:MAX_NAME_CHARS]


def wire_description(contract: type[BaseModel]) -> str:
    """Return what a contract says about itself to the model: its docstring in one line."""
    return " ".join((contract.__doc__ or "").split())
