"""The reasoning ledger: pieces of reasoning details put together so that providers accept the echo.

Gemini, Anthropic and OpenAI check on the next turn that what a model thought comes back untouched:
same items, same order, same signatures. A piece belongs to the item of its type and index; another
type in between, or a signature, closes an item; a signature may come late and alone.
"""

from typing import Final

from ai.openrouter import jsontext
from ai.openrouter.text import clean_tree
from ai.openrouter.wire import Json

TEXT: Final = "reasoning.text"
SUMMARY: Final = "reasoning.summary"
ENCRYPTED: Final = "reasoning.encrypted"
_GROWING: Final = {TEXT: "text", SUMMARY: "summary"}


class ReasoningLedger:
    """Collects `reasoning_details` of one message, whole or in pieces."""

    def __init__(self) -> None:
        self._items: list[Json] = []
        self._grown: dict[int, list[str]] = {}
        self._is_present = False

    def add(self, details: object) -> str:
        """Take one list of details as it came; return the readable text that was new in it."""
        if not isinstance(details, list):
            return ""
        self._is_present = True
        return "".join(self._add_piece(piece) for piece in details if isinstance(piece, dict))

    def __len__(self) -> int:
        return len(self._items)

    def text(self) -> str:
        """Return all readable reasoning so far."""
        return "".join(self._joined(at) for at in range(len(self._items)))

    def dump(self) -> str | None:
        """Return the JSON text of the list to echo; None when there never was one."""
        if not self._is_present:
            return None
        kept: list[Json] = []
        for at, item in enumerate(self._items):
            if said := self._joined(at):
                item[_GROWING[item["type"]]] = said
            shorter = next((n for n, earlier in enumerate(kept) if _extends(item, earlier)), None)
            if shorter is not None:
                kept[shorter] |= {name: value for name, value in item.items() if value is not None}
            elif not any(_repeats(item, earlier) for earlier in kept):
                kept.append(dict(item))
        return jsontext.dump(clean_tree(kept))

    def _add_piece(self, piece: Json) -> str:
        kind = piece.get("type")
        field = _GROWING.get(kind) if isinstance(kind, str) else None
        if field is None:
            self._items.append(dict(piece))
            return ""
        said = piece.get(field)
        said = said if isinstance(said, str) else ""
        at = self._home_of(piece, said)
        if at is None:
            self._items.append(dict(piece))
            self._grown[len(self._items) - 1] = [said]
            return said
        if said and piece.get("signature") and said == self._joined(at):
            said = ""  # the whole text once more, now signed
        self._grown[at].append(said)
        _complete(self._items[at], piece, skip=field)
        return said

    def _home_of(self, piece: Json, said: str) -> int | None:
        """Return the place of the item this piece goes on with; None when it starts a new one."""
        key = (piece["type"], piece.get("index"))
        last = len(self._items) - 1
        for at in range(last, -1, -1):
            item = self._items[at]
            if (item.get("type"), item.get("index")) != key:
                continue
            if not said:
                return at
            if item.get("signature") and said != self._joined(at):
                return None
            return at if at == last or key[1] is not None else None
        return None

    def _joined(self, at: int) -> str:
        return "".join(self._grown.get(at, ()))


def _complete(item: Json, piece: Json, *, skip: str) -> None:
    """Fill an item with what a later piece knows: a late signature, an id, a format."""
    for name, value in piece.items():
        if name != skip and value is not None and (name == "signature" or item.get(name) is None):
            item[name] = value


def _extends(item: Json, earlier: Json) -> bool:
    """Tell whether `item` is an earlier sealed one that has grown; else one id may be of two."""
    if not (item.get("type") == earlier.get("type") == ENCRYPTED) or not item.get("id"):
        return False
    data, before = item.get("data"), earlier.get("data") or ""
    if not isinstance(data, str) or not isinstance(before, str) or data == before:
        return False
    return item["id"] == earlier.get("id") and data.startswith(before)


def _repeats(item: Json, earlier: Json) -> bool:
    """Tell whether a provider would refuse `item` as a duplicate of an earlier one."""
    kind = item.get("type")
    if kind != earlier.get("type"):
        return False
    if kind == SUMMARY:
        return bool(item.get("summary")) and item.get("summary") == earlier.get("summary")
    if kind == ENCRYPTED:
        mine, data = item.get("id"), item.get("data")
        is_same = data == earlier.get("data") and (not mine or mine == earlier.get("id"))
        return bool(mine or data) and is_same
    if kind == TEXT:
        mine, theirs = item.get("signature"), earlier.get("signature")
        return item.get("text") == earlier.get("text") and (not mine or mine == theirs)
    return False
