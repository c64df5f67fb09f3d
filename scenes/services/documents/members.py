"""Which member of the document is which column: one table for each noun, read both ways."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from canvas.core.rows import Row
from scenes.prompts.slots import merge_patch
from scenes.shapes.times import read_time, time_text


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 any column
    return value


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the wire and its column. An optional one is not sent while it is empty."""

    name: str
    column: str
    show: Callable[[Any], Any] = _as_it_is
    keep: Callable[[Any], Any] = _as_it_is
    is_optional: bool = False


def _time(name: str, column: str) -> Member:
    return Member(name, column, time_text, read_time)


def _slots(stored: Mapping[str, Any]) -> dict[str, Any]:
    return merge_patch(stored, {})  # a row that has none shows blank ones


_PROMPT_SLOTS: Final = Member("promptSlots", "prompt_slots", _slots)
_THUMBNAIL: Final = Member("thumbnail", "thumbnail", is_optional=True)
_METADATA: Final = Member("metadata", "metadata", is_optional=True)

PROJECT: Final = (
    Member("title", "title"),
    Member("description", "description"),
    _time("created", "created_at"),
    _time("modified", "modified_at"),
    Member("globalStyle", "global_style", is_optional=True),
    Member("tags", "tags"),
    Member("isArchived", "is_archived"),
)
SCENE: Final = (
    Member("title", "title"),
    Member("selectedModel", "selected_model"),
    _PROMPT_SLOTS,
    Member("compiledPrompt", "compiled_prompt"),
    Member("status", "status"),
    _time("createdAt", "created_at"),
    _time("modifiedAt", "modified_at"),
    Member("notes", "notes"),
)
MEDIA: Final = (_time("timestamp", "created_at"), Member("status", "status"), _METADATA)
VERSION: Final = (
    Member("prompt", "prompt"),
    _THUMBNAIL,
    _time("timestamp", "created_at"),
    Member("notes", "notes", is_optional=True),
    _METADATA,
)
SNAPSHOT: Final = (
    Member("prompt", "prompt"),
    _THUMBNAIL,
    Member("notes", "notes"),
    _time("createdAt", "created_at"),
    _PROMPT_SLOTS,
)
ENTRY: Final = (Member("name", "name"), Member("description", "description"))
ASSET: Final = (
    Member("category", "category"),
    Member("label", "label"),
    Member("description", "description"),
    Member("tags", "tags"),
    _time("createdAt", "created_at"),
)
AESTHETIC: Final = {"palette": [], "mood": [], "era": ""}
"""The aesthetic's members that a document has, with what they are while nothing is said."""


def key_of(row: Any) -> str:  # noqa: ANN401 any row with a client key
    """Give the id that a row has in documents: the client's, or ours."""
    return row.client_key or str(row.pk)


def shown(members: Sequence[Member], row: Row) -> dict[str, Any]:
    """Give a row's members as they are sent."""
    values = ((member, member.show(getattr(row, member.column))) for member in members)
    return {
        member.name: value
        for member, value in values
        if not (member.is_optional and value in (None, "", {}))
    }


def columns(members: Sequence[Member], item: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns of a new row from a checked item of a document."""
    return {member.column: member.keep(item.get(member.name)) for member in members}


def changed(members: Sequence[Member], row: Row, item: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns in which a row differs from an item.

    What is compared is the wire: what is finer in the row than on the wire stays as it is.
    """
    return {
        member.column: member.keep(item.get(member.name))
        for member in members
        if item.get(member.name) != member.show(getattr(row, member.column))
    }


def shown_aesthetic(aesthetic: Mapping[str, Any]) -> dict[str, Any]:
    """Give the aesthetic's members that a document has."""
    return {name: aesthetic.get(name) or blank for name, blank in AESTHETIC.items()}
