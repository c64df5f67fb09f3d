"""Named places in a job where a test may end the process, to prove that nothing is lost there.

Off unless CANVAS_DIE_AT names a step; then the process kills itself the first time it passes it.

| step          | what has just happened                                                       |
|---------------|------------------------------------------------------------------------------|
| claimed       | the job is ours, nothing was done                                            |
| reserved      | the ledger holds the worst case, nothing was sent                            |
| sent          | the ledger says that the request leaves now; it has not left yet             |
| headers       | the answer has begun, and its bill's name is kept                            |
| mid-stream    | a piece of the answer has come                                               |
| before-commit | effects and end are written, not committed                                   |
| after-commit  | they are committed                                                           |
| before-ack    | the job is over for us; the messenger has not been told                      |
"""

import os
import signal
from pathlib import Path
from typing import Final

NAMES: Final = (
    "claimed",
    "reserved",
    "sent",
    "headers",
    "mid-stream",
    "before-commit",
    "after-commit",
    "before-ack",
)
DIE_AT: Final = os.environ.get("CANVAS_DIE_AT", "")
DIED: Final = os.environ.get("CANVAS_DIED_FILE", "")


def reached(name: str) -> None:
    """Die here, once, if a test asked for it."""
    if name != DIE_AT or not DIED or Path(DIED).exists():
        return
    Path(DIED).write_text(name, encoding="ascii")
    os.kill(os.getpid(), signal.SIGKILL)
