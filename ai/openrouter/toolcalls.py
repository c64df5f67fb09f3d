"""Tool calls put together from pieces, whatever the pieces lack.

Seen on the wire: no index; two calls on one index; the tail of the arguments on another index than
the head; ids missing, empty, repeated or late; arguments absent, null, empty or an object; a first
index of 1; a whole call said once more at the end. The order of calls is the order in which they
first appear.
"""

import re
from typing import Final, NamedTuple
from uuid import uuid4

from ai.openrouter import jsontext
from ai.openrouter.text import TextJoin, clean
from ai.openrouter.wire import Json, ToolCall

_NO_ARGUMENTS: Final = "{}"
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Piece(NamedTuple):
    """What one delta added to one call."""

    position: int
    """The call's place in the message, from 0."""
    is_new: bool
    arguments: str


class _Slot:
    """One call while it grows."""

    def __init__(self, index: object, position: int) -> None:
        self.index = index
        self.position = position
        self.id = ""
        self.name = ""
        self.is_announced = False
        self.arguments = TextJoin()
        self._whole: str | None = None

    def take_name(self, name: str) -> None:
        """Take a name that may be repeated whole in every delta or come in pieces."""
        if name.startswith(self.name):
            self.name = name
        else:
            self.name += name

    def goes_on_with(self, name: str) -> bool:
        """Tell whether a delta with this name, and no new id, still belongs to this call."""
        if not name or not self.name or not self.arguments.last:
            return True
        return name == self.name and not self._is_closed()

    def is_meant_by_id(self, index: object, name: str, *, has_arguments: bool) -> bool:
        """Tell whether a delta with this call's id is about this call: ids may be shared."""
        if not name:
            return True
        if index is not None and index != self.index:
            return name == self.name and bool(self.arguments.last) and not self._is_closed()
        return self.goes_on_with(name) or (name == self.name and not has_arguments)

    def add(self, arguments: str) -> str:
        """Take more of the arguments; return what may be shown of them."""
        self._whole = None if arguments else self._whole
        return self.arguments.add(arguments)

    def is_repeated_by(self, index: object, call_id: str, name: str, whole: str) -> bool:
        """Tell whether a delta with all this says the whole call once more.

        Two calls may share an index, and equal calls may be meant: only the same place, or the same
        id where one of them does not tell its place, makes them one.
        """
        if index is None or self.index is None:
            is_mine = bool(call_id) and call_id == self.id
        else:
            is_mine = index == self.index and (not call_id or self.id in ("", call_id))
        return is_mine and name in ("", self.name) and self._whole_arguments() == whole

    def _whole_arguments(self) -> str:
        """Return the arguments if they are closed, in one spelling; worked out once."""
        if self._whole is None:
            self._whole = _one_spelling(self.arguments.text()) if self.arguments.last == "}" else ""
        return self._whole

    def _is_closed(self) -> bool:
        """Tell whether the arguments are whole; looked at closely only where they may be."""
        return self.arguments.last == "}" and is_json_object(self.arguments.text())


class ToolCallAssembler:
    """Collects the tool calls of one message."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        self._current: _Slot | None = None

    def __len__(self) -> int:
        return len(self._slots)

    def name_of(self, position: int) -> str:
        """Return the name of a call as far as it is known."""
        return clean(self._slots[position].name)

    def add_delta(self, delta: Json) -> Piece:
        """Take one piece of a streamed call and find the call it belongs to."""
        function = _function(delta)
        if repeated := self._repeated_by(delta, function):
            return self._grow(repeated, delta, {})
        slot = self._slot_by_id(delta, function) or self._slot_by_place(delta, function)
        return self._grow(slot, delta, function)

    def add_whole(self, call: Json) -> Piece:
        """Take one call that came in one piece: never part of another one."""
        return self._grow(self._open(_index(call)), call, _function(call))

    def calls(self) -> tuple[ToolCall, ...]:
        """Return all calls; an id that is missing or taken is replaced by one of our own."""
        seen: set[str] = set()
        calls = []
        for slot in self._slots:
            call_id = clean(slot.id)
            if not call_id or call_id in seen:
                call_id = f"call_{uuid4().hex}"
            seen.add(call_id)
            arguments = _settled(slot.arguments.text())
            calls.append(ToolCall(id=call_id, name=clean(slot.name), arguments=arguments))
        return tuple(calls)

    def has_truncated(self, *, blank_is_whole: bool = False) -> bool:
        """Tell whether a cut fell into a call: its object is not closed, or not even begun.

        Args:
            blank_is_whole: no arguments at all are taken for the `{}` some providers leave out.
        """
        for slot in self._slots:
            text = slot.arguments.text()
            is_blank = not text.strip()
            if not (blank_is_whole if is_blank else is_json_object(_settled(text))):
                return True
        return False

    def _grow(self, slot: _Slot, delta: Json, function: Json) -> Piece:
        slot.id = slot.id or _name(delta.get("id"))
        if name := _name(function.get("name")):
            slot.take_name(name)
        is_new = bool(slot.name) and not slot.is_announced
        slot.is_announced = slot.is_announced or is_new
        self._current = slot
        return Piece(slot.position, is_new, slot.add(_arguments(function)))

    def _repeated_by(self, delta: Json, function: Json) -> _Slot | None:
        """Return the call that a delta says whole once more, as some do in their last chunk."""
        whole = _one_spelling(_arguments(function))
        if not whole:
            return None
        call_id, name, index = _name(delta.get("id")), _name(function.get("name")), _index(delta)
        told = (slot for slot in self._slots if slot.is_repeated_by(index, call_id, name, whole))
        return next(told, None)

    def _slot_by_id(self, delta: Json, function: Json) -> _Slot | None:
        """Return the call with the delta's id, or one opened for it; None for an unknown id."""
        call_id, name, index = _name(delta.get("id")), _name(function.get("name")), _index(delta)
        same = [slot for slot in self._slots if call_id and slot.id == call_id]
        if not same:
            return None
        has_arguments = bool(_arguments(function))
        if same[-1].is_meant_by_id(index, name, has_arguments=has_arguments):
            return same[-1]
        return self._open(index)

    def _slot_by_place(self, delta: Json, function: Json) -> _Slot:
        """Return the call of the delta's index, or the current one, or one opened for it."""
        call_id, name, index = _name(delta.get("id")), _name(function.get("name")), _index(delta)
        same = [slot for slot in self._slots if index is not None and slot.index == index]
        slot = same[-1] if same else None
        if slot is None and (index is None or not (call_id or name)):
            slot = self._current
        if slot is None or (call_id and slot.id) or not slot.goes_on_with(name):
            return self._open(index)
        if index is None and name and slot.name not in ("", name):
            return self._open(index)
        return slot

    def _open(self, index: object) -> _Slot:
        slot = _Slot(index, len(self._slots))
        self._slots.append(slot)
        return slot


def is_json_object(text: str) -> bool:
    """Tell whether `text` is one whole JSON object."""
    if not text.rstrip().endswith("}"):
        return False
    try:
        return isinstance(jsontext.parse(text), dict)
    except ValueError:
        return False


def _one_spelling(text: str) -> str:
    """Return a whole JSON object without its blanks; nothing for anything else."""
    if not text.lstrip().startswith("{") or not text.rstrip().endswith("}"):
        return ""
    try:
        return jsontext.dump(jsontext.parse(text))
    except ValueError:
        return ""


def is_cut(text: str) -> bool:
    """Tell whether arguments break off: a text or a bracket in them is still open."""
    if is_json_object(text):
        return False
    bare = _STRING.sub("", text)
    return '"' in bare or sum(map(bare.count, "{[")) > sum(map(bare.count, "}]"))


def _settled(text: str) -> str:
    """Return arguments to be run: none is `{}`; repeated or preceded by `{}`, they count once."""
    if text.strip() in ("", "null"):
        return _NO_ARGUMENTS
    if is_json_object(text):
        return text
    try:
        values = jsontext.parse_run(text)
    except ValueError:
        return text
    real = [value for value in values if value != {}]
    if len(values) > 1 and all(isinstance(v, dict) and v == real[0] for v in real):
        return jsontext.dump(real[0]) if real else _NO_ARGUMENTS
    return text


def _function(delta: Json) -> Json:
    function = delta.get("function")
    return function if isinstance(function, dict) else {}


def _index(delta: Json) -> object:
    index = delta.get("index")
    return int(index) if isinstance(index, str) and index.isdecimal() else index


def _arguments(function: Json) -> str:
    arguments = function.get("arguments")
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else jsontext.dump(arguments)


def _name(value: object) -> str:
    """Return an id or a name as text; what is no text or number is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()
