"""What a reading process is to do, and what it tells: one JSON object a line, both ways."""

from dataclasses import dataclass
from typing import Final

OPENED: Final = "opened"
TALKING: Final = "talking"
DONE: Final = "done"
FAILED: Final = "failed"
LONGEST_S: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Ask all questions at once, or one after the other, and read all answers to their ends.

    Args:
        port: on this machine.
        asks: one whole HTTP request for each stream.
        listens: requests that open the streams on which the answers come; none when each answer
            comes on the connection of its question.
        spread_s: the time in which the questions are asked; 0 is all at once.
    """

    port: int
    asks: list[str]
    listens: list[str]
    spread_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Each caller asks, reads the whole answer, and asks again.

    Args:
        port: on this machine.
        asks: one whole HTTP request for each caller.
        times: how often each asks.
        proof: what stands in every answer that is right.
    """

    port: int
    asks: list[str]
    times: int
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Open streams and hold them until standard input says a line.

    Args:
        port: on this machine.
        listens: one whole HTTP request for each stream.
    """

    port: int
    listens: list[str]
