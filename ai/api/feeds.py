"""Who follows which feed in this process, and how what is new reaches them.

One thread reads for all of them (`canvas.core.rounds`): an event is read and written as bytes once
for each project, however many listen. A follower is known here first and then catches up from the
table; what reaches it both ways it drops, so nothing is lost and nothing comes twice.
"""

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from ai.api.follower import Follower, Line
from ai.following import said_all
from canvas.core.rounds import rounds
from scenes.following import Told, events_after, last_numbers

if TYPE_CHECKING:
    import asyncio

BATCH: Final = 500
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Parcel = tuple[Follower, Sequence[Line], bool]


@dataclass(eq=False, slots=True)
class _Project:
    """One that is followed. `at`: up to where it was told; None before anybody has looked."""

    key: UUID
    at: int | None = None
    followers: set[Follower] = field(default_factory=set)


class Feeds:
    """All followers, by the topics that the bus calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projects: dict[str, _Project] = {}
        self._jobs: dict[str, set[Follower]] = {}

    @contextlib.contextmanager
    def followed_by(self, follower: Follower) -> Iterator[None]:
        """Know a follower for as long as the block takes."""
        self._know(follower)
        try:
            yield
        finally:
            self._forget(follower)

    def begin(self, project_id: UUID, at: int) -> None:
        """Tell of a project from this number on, unless somebody has begun to."""
        with self._lock:
            project = self._projects.get(f"project:{project_id}")
            if project is not None and project.at is None:
                project.at = at
                rounds.call(f"project:{project_id}")

    def follows(self, topic: str) -> bool:
        """Say whether anybody follows this project or job."""
        return topic in self._projects or topic in self._jobs

    def is_empty(self) -> bool:
        """Say whether nobody is here."""
        return not (self._projects or self._jobs)

    def look(self, topics: Set[str], *, at_all: bool) -> None:
        """Read what is new, and hand it out.

        Which jobs are over is read first: all that one told before is visible to the second read.
        """
        over = self._over(topics, at_all=at_all)
        due = self._due(topics, over, at_all=at_all)
        told = events_after({project.key: project.at or 0 for project in due}, limit=BATCH)
        parcels: list[Parcel] = [(one, (), True) for one in over if one.feed.project_id is None]
        for project in due:
            parcels += self._parcels(project, told[project.key], over)
        _deliver(parcels)

    def fail(self, exc: Exception) -> None:
        """End every stream: its reader comes back and goes on where it was."""
        with self._lock:
            everybody = {one for project in self._projects.values() for one in project.followers}
            everybody.update(*self._jobs.values())
        for follower in everybody:
            follower.soon(follower.fail, exc)

    def _over(self, topics: Set[str], *, at_all: bool) -> set[Follower]:
        """Give the followers of jobs that have said all."""
        with self._lock:
            asked = self._jobs if at_all else topics & self._jobs.keys()
            followers = [one for topic in asked for one in self._jobs[topic]]
        jobs = said_all({one.feed.job_id for one in followers if one.feed.job_id})
        return {one for one in followers if one.feed.job_id in jobs}

    def _due(self, topics: Set[str], over: Iterable[Follower], *, at_all: bool) -> list[_Project]:
        """Give the projects to read: called, of a job that is over, or grown without a call."""
        topics = topics | {f"project:{one.feed.project_id}" for one in over}
        with self._lock:
            begun = {key: one for key, one in self._projects.items() if one.at is not None}
        last = last_numbers([one.key for one in begun.values()]) if at_all and begun else {}
        return [
            project
            for topic, project in begun.items()
            if topic in topics or last.get(project.key, 0) > (project.at or 0)
        ]

    def _parcels(
        self, project: _Project, told: Sequence[Told], over: Collection[Follower]
    ) -> list[Parcel]:
        lines = [line_of(event) for event in told]
        with self._lock:
            project.at = lines[-1].seq if lines else project.at
            followers = list(project.followers)
        is_whole = len(lines) < BATCH
        if not is_whole:
            rounds.call(f"project:{project.key}")
        ended = {one for one in followers if one in over}
        for follower in () if is_whole else ended:
            rounds.call(f"job:{follower.feed.job_id}")
        return [
            (one, lines, is_whole and one in ended) for one in followers if lines or one in ended
        ]

    def _know(self, follower: Follower) -> None:
        feed = follower.feed
        with self._lock:
            if feed.project_id is not None:
                project = _Project(feed.project_id)
                project = self._projects.setdefault(f"project:{feed.project_id}", project)
                project.followers.add(follower)
            if feed.job_id is not None:
                self._jobs.setdefault(f"job:{feed.job_id}", set()).add(follower)

    def _forget(self, follower: Follower) -> None:
        feed = follower.feed
        with self._lock:
            project = self._projects.get(f"project:{feed.project_id}")
            if project is not None:
                project.followers.discard(follower)
                if not project.followers:
                    del self._projects[f"project:{feed.project_id}"]
            of_job = self._jobs.get(f"job:{feed.job_id}", set())
            of_job.discard(follower)
            if not of_job:
                self._jobs.pop(f"job:{feed.job_id}", None)


def line_of(told: Told) -> Line:
    """Write one event of a table. The same JSON on each database: compact, in UTF-8."""
    return Line(told.seq, told.job, wire(told.seq, told.name, json.loads(told.data)))


def wire(seq: int, name: str, data: Any) -> bytes:  # noqa: ANN401 JSON
    """Write one event. JSON escapes line ends, so the data is one line.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    return f"id: {seq}\nevent: {name}\ndata: {_encode(data)}\n\n".encode("utf-8", "replace")


def _deliver(parcels: Iterable[Parcel]) -> None:
    """Give each event loop its parcels in one go."""
    of_loop: defaultdict[asyncio.AbstractEventLoop, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        of_loop[parcel[0].loop].append(parcel)
    for loop, some in of_loop.items():
        with contextlib.suppress(RuntimeError):  # it has closed
            loop.call_soon_threadsafe(_hand_over, some)


def _hand_over(parcels: Iterable[Parcel]) -> None:
    for follower, lines, is_over in parcels:
        follower.hand(lines, is_over=is_over)


feeds: Final = Feeds()
rounds.add(feeds)
