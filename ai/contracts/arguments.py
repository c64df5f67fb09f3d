"""The base of what a model passes to a tool: camelCase on the wire, absent keys allowed."""

import re
from typing import Any, Final

from pydantic import ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from ai.contracts.base import Contract

_NOT_A_LETTER: Final = re.compile(r"[\W_]+")


def folded(key: str) -> str:
    """Return a key without case, blanks, hyphens and underscores: `scene_id` is `sceneid`."""
    return _NOT_A_LETTER.sub("", key).casefold()


class ToolArguments(Contract):
    """Arguments of one tool.

    The wire schema lists every key as required and lets the optional ones be null. Models leave
    those out all the same, and write keys in the wrong case: both are mended before judgement.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _mend_keys(cls, data: object) -> object:
        """Rename keys by their letters and fill absent nullable ones with null.

        Raises:
            ValueError: one key is there in two spellings.
        """
        if not isinstance(data, dict):
            return data
        names = {folded(name): name for name in cls.model_fields}
        mended: dict[Any, Any] = {}
        for key, value in data.items():
            name = names.get(folded(key), key) if isinstance(key, str) else key
            if name in mended:
                msg = f"{name} is written twice"
                raise ValueError(msg)
            mended[name] = value
        for name, field in cls.model_fields.items():
            if name not in mended and _is_nullable(field.annotation):
                mended[name] = None
        return mended


def _is_nullable(annotation: object) -> bool:
    return type(None) in getattr(annotation, "__args__", ())
