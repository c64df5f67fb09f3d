"""What the kernel says of processes. Linux only."""

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_RSS: Final = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_NS: Final = 1e-9
# A process or a thread may end while it is read.
_GONE: Final = (FileNotFoundError, ProcessLookupError)


def resident_bytes(pid: int) -> int:
    """Give the memory that a process has in use."""
    return _memory(Path(f"/proc/{pid}/status"), _RSS)


def proportional_bytes(pid: int) -> int:
    """Give the memory of a process in which a page shared by n processes counts one n-th."""
    return _memory(Path(f"/proc/{pid}/smaps_rollup"), _PSS)


def cpu_s(pid: int) -> float:
    """Give the processor time that the living threads of a process have used, to the nanosecond."""
    spent = 0
    for each in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(*_GONE):
            spent += int(each.read_text(encoding="ascii").split()[0])
    return spent * _NS


def family(pid: int) -> list[int]:
    """Give a process and all that descend from it."""
    found = [pid]
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(*_GONE):
            for child in each.read_text(encoding="ascii").split():
                found += family(int(child))
    return found


def family_cpu_s(pids: Iterable[int]) -> float:
    """Give the processor time of processes and their descendants."""
    return sum(cpu_s(each) for pid in pids for each in family(pid))


def family_bytes(pid: int) -> tuple[int, int]:
    """Give the resident and the proportional memory of a process and its descendants."""
    members = family(pid)
    return sum(map(resident_bytes, members)), sum(map(proportional_bytes, members))


def open_files(pid: int, name: str) -> int:
    """Count the descriptors of a process that are open on a file of this name."""
    count = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(*_GONE):
            count += each.readlink().name == name
    return count


def _memory(file: Path, line: re.Pattern[str]) -> int:
    try:
        found = line.search(file.read_text(encoding="ascii"))
    except _GONE:
        return 0
    return int(found[1]) * 1_024 if found else 0
