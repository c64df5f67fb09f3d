"""Asking again and again whether the readers of open streams may still read.

A token may be revoked, a session ended, a project deleted. Those who came with a token are asked
for together, in two statements; a browser's session is looked at one by one.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ai.api.follower import Follower
from canvas.core.rounds import Rounds
from canvas.workspaces.authentication import living_tokens
from scenes.selectors import living_projects

# A round takes a moment, too: no right is ever older than five seconds.
ASK_EVERY_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the holder of a token reads; a job without a project needs the token alone."""

    token_id: UUID
    workspace_id: UUID
    project_id: UUID | None


Right = Ticket | Callable[[], bool]


class Rights:
    """By whose right each stream is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Follower, Right] = {}

    @contextlib.contextmanager
    def held(self, follower: Follower, right: Right) -> Iterator[None]:
        """Ask for this right for as long as the block takes."""
        with self._lock:
            self._held[follower] = right
        try:
            yield
        finally:
            with self._lock:
                del self._held[follower]

    def follows(self, topic: str) -> bool:
        """Follow no topic: nobody announces the end of a right."""
        return False

    def is_empty(self) -> bool:
        """Say whether no stream is open."""
        return not self._held

    def look(self, topics: Set[str], *, at_all: bool) -> None:
        """Ask, and cut the streams of those who may not read on."""
        if not at_all:
            return
        with self._lock:
            held = list(self._held.items())
        good = _good({right for _, right in held if isinstance(right, Ticket)})
        for follower, right in held:
            if not (right in good if isinstance(right, Ticket) else right()):
                follower.soon(follower.cut)

    def fail(self, exc: Exception) -> None:
        """End every stream: what cannot be asked for is not given."""
        with self._lock:
            held = list(self._held)
        for follower in held:
            follower.soon(follower.fail, exc)


def _good(tickets: Collection[Ticket]) -> set[Ticket]:
    if not tickets:
        return set()
    tokens = living_tokens({ticket.token_id for ticket in tickets})
    projects = living_projects({ticket.project_id for ticket in tickets if ticket.project_id})
    return {
        ticket
        for ticket in tickets
        if tokens.get(ticket.token_id) == ticket.workspace_id
        and (ticket.project_id is None or projects.get(ticket.project_id) == ticket.workspace_id)
    }


rights: Final = Rights()
asking: Final = Rounds("rights", lambda: ASK_EVERY_S)
asking.add(rights)
