"""Long lists of the service, page by page.

Records stay as they came, odd ones included, and numbers exact: whoever keeps them judges each by
itself. The link to the next page is read for its query only, so that no answer leads elsewhere.
"""

from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from ai.openrouter.errors import GarbledReplyError
from ai.openrouter.wire import Flag, Json, Tokens, _Reply


class Page(_Reply):
    """One page of a list, or the one record that was asked for."""

    data: Any
    total_count: Tokens = None
    """How many records all pages have together; None is not told."""
    next_query: dict[str, str] | None = None
    """Of the next page; None is the last one."""
    simulated: Flag = None
    """Whether the answer says of itself that it is simulated."""

    @property
    def records(self) -> list[Any]:
        """Return the records as they came.

        Raises:
            GarbledReplyError: the page is no list.
        """
        if not isinstance(self.data, list):
            raise GarbledReplyError("an answer without its list")
        return self.data

    @classmethod
    def of(cls, answer: Json) -> Self:
        """Read an answer with its `data`, or one that is bare."""
        return cls(
            data=answer.get("data", answer),
            total_count=answer.get("total_count"),
            next_query=_next_query(answer.get("links")),
            simulated=answer.get("simulated"),
        )


def _next_query(links: object) -> dict[str, str] | None:
    link = links.get("next") if isinstance(links, dict) else None
    if not isinstance(link, str) or not link:
        return None
    try:
        query = urlsplit(link).query
    except ValueError:
        return None
    return dict(parse_qsl(query)) or None
