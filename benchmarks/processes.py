"""What the kernel says of a process. Linux only."""

import re
from pathlib import Path
from typing import Final

_RSS: Final = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)
_NS: Final = 1e-9


def resident_bytes(pid: int) -> int:
    """Give the memory that a process has in use."""
    found = _RSS.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None  # noqa: S101 every living process has it
    return int(found[1]) * 1_024


def cpu_s(pid: int) -> float:
    """Give the processor time that the living threads of a process have used, to the nanosecond."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text(encoding="ascii").split()[0]) for each in threads) * _NS
