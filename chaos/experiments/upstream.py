"""F10: the upstream hangs, drips, babbles or is cut off: deadlines hold, nothing broken is done."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from canvas.stack import BASE_DIR, SIMULATED_KEY, free_port
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, process_of, until
from chaos.tables import Row, key_of

FIRST_DATA_S: Final = 2.0
IDLE_S: Final = 1.5
TOTAL_S: Final = 5.0
SLACK_S: Final = 1.0
FOR_EVER: Final = 3_600
# name, fault, is it a streamed turn, the deadline that ends it, the reason in the row
HANGS: Final[list[tuple[str, dict[str, Any], bool, float, str]]] = [
    # A reply that comes whole has the total time alone.
    ("no headers", {"kind": "stall", "at": "headers"}, False, TOTAL_S, "total"),
    ("blanks alone", {"kind": "stall", "seconds": FOR_EVER}, False, TOTAL_S, "total"),
    ("10 MB of blanks", {}, False, TOTAL_S, "total"),
    ("no headers", {"kind": "stall", "at": "headers"}, True, FIRST_DATA_S, "first-data"),
    ("comments alone", {"kind": "slow", "seconds": FOR_EVER}, True, FIRST_DATA_S, "first-data"),
    ("10 MB of blanks", {}, True, FIRST_DATA_S, "first-data"),
    ("silence after 3", {"kind": "stall", "events": 3}, True, IDLE_S, "idle"),
    ("comments after 3", {"kind": "stall", "events": 3, "comments": True}, True, IDLE_S, "idle"),
    ("one word a second", {"kind": "slow", "seconds": 0.1, "token_s": 0.3}, True, TOTAL_S, "total"),
]
# As `chaos.within.detour` knows them; is it a streamed turn.
BABBLE: Final = [
    ("blanks", False),
    ("blanks", True),
    ("blank words", False),
    ("blank words", True),
    ("equal scenes", False),
    ("huge picture", False),
    ("huge picture", True),
]


def run(lab: Lab) -> Outcome:
    """Break one call of each job; the job is done by the next call, or waits and is done."""
    cuts = lab.size(10, 20)
    outcome = Outcome(
        key="F10",
        title="hangs, cuts and babble, short deadlines, embedded",
        size=f"{len(HANGS)} hangs, {cuts} offsets of a reply and of a stream,"
        f" {len(BABBLE)} babbles",
    )
    deadlines = {
        "OPENROUTER_FIRST_DATA_TIMEOUT_S": str(FIRST_DATA_S),
        "OPENROUTER_IDLE_TIMEOUT_S": str(IDLE_S),
        "OPENROUTER_TOTAL_TIMEOUT_S": str(TOTAL_S),
        "WORKER_THREADS": "32",
    }
    with lab.embedded(**deadlines) as service:
        service.start(workers=0)
        with _detour(service) as url:
            worker = service.start_worker(
                {"OPENROUTER_BASE_URL": url, "OPENROUTER_API_KEY": SIMULATED_KEY}
            )
            hung = [_hang(service, number) for number in range(len(HANGS))]
            cut = [
                _spoil(service, f"cut at {(n + 0.5) / cuts}", n, is_turn=False) for n in range(cuts)
            ]
            cut += [
                _spoil(service, f"cut at {(n + 0.5) / cuts}", cuts + n, is_turn=True)
                for n in range(cuts)
            ]
            until(lambda: not service.open_jobs(), "all jobs", 60)
            # Not beside the others: its answers take the processor away from their clocks.
            babbled = [
                _spoil(service, how, number, is_turn=is_turn)
                for number, (how, is_turn) in enumerate(BABBLE)
            ]
            outcome.broken += service.come_to_rest(90)
            outcome.measured["worker's peak MB"] = _peak_mb(process_of(worker).pid)
        late_s = [_judge_hang(service, *each, outcome) for each in zip(hung, HANGS, strict=True)]
        for job_id in cut:
            _judge_spoiled(service, job_id, "an answer that was cut", outcome)
        for job_id, (how, is_turn) in zip(babbled, BABBLE, strict=True):
            _judge_spoiled(service, job_id, f"{how}, {_form(is_turn=is_turn)}", outcome)
        outcome.measured["off their deadlines s"] = round(max(map(abs, late_s)), 2)
        done = service.count("status = 'succeeded'")
        outcome.measured["succeeded in the end"] = f"{done} of {len([*hung, *cut, *babbled])}"
    return outcome


@contextmanager
def _detour(service: Service) -> Iterator[str]:
    """Put the detour before the simulator, and give the address to ask it at."""
    port, upstream = free_port(), str(service.stack.simulator_url)
    process = subprocess.Popen(  # noqa: S603 our own command
        [sys.executable, "-m", "chaos.within.detour", str(port), upstream],
        cwd=BASE_DIR,
        start_new_session=True,
    )
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/__sim/health"), "the detour")
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _hang(service: Service, number: int) -> str:
    """Start a job whose first call hangs."""
    _, fault, is_turn, _, _ = HANGS[number]
    if not fault:
        return _spoil(service, "slow blanks", number, is_turn=is_turn)
    text = f"Marked as hang {number}, for ever."
    service.faults(fault | {"times": 1, "match": {"contains": text}})
    return _begin(service, text, is_turn=is_turn)


def _spoil(service: Service, how: str, number: int, *, is_turn: bool) -> str:
    """Start a job whose first answer is spoiled on its way."""
    return _begin(service, f"Spoiled: {how} #{number}.", is_turn=is_turn)


def _begin(service: Service, text: str, *, is_turn: bool) -> str:
    project = service.project()
    if is_turn:
        return service.say(project, f"{text} What could the two sisters say to each other?")
    return service.outline(project, f"INT. CABIN - NIGHT\n\n{text}")


def _form(*, is_turn: bool) -> str:
    return "stream" if is_turn else "reply"


def _calls(service: Service, job_id: str) -> list[Row]:
    return service.tables.rows(
        "SELECT * FROM ai_upstreamcall WHERE job_id = ? ORDER BY created_at, id", key_of(job_id)
    )


def _judge_hang(
    service: Service,
    job_id: str,
    hang: tuple[str, dict[str, Any], bool, float, str],
    outcome: Outcome,
) -> float:
    """Compare how the broken call ended with its deadline; give how late, in seconds."""
    name, _, is_turn, deadline_s, reason = hang
    name = f"{name}, {_form(is_turn=is_turn)}"
    first = _calls(service, job_id)[0]
    said = f"{first['error_code']} {first['error_detail']}"
    outcome.require(reason in said, f"{name}: ended as {said}, not by {reason}")
    passed_s = first["latency_s"] or 0.0
    if reason == "idle":
        passed_s -= first["first_token_s"] or 0.0
    late_s = passed_s - deadline_s
    outcome.require(abs(late_s) <= SLACK_S, f"{name}: {late_s:+.2f} s off its deadline")
    return float(late_s)


def _judge_spoiled(service: Service, job_id: str, name: str, outcome: Outcome) -> None:
    """The spoiled answer was refused and paid, and the job was done by a later one."""
    first, *others = _calls(service, job_id)
    outcome.require(first["error_code"] or first["verdict"], f"{name}: was taken as done")
    booked = f"{name}: booked as {first['status']} with {first['cost_nusd']}"
    outcome.require(first["status"] == "settled", booked)
    status = service.job(job_id)["status"]
    outcome.require(status == "succeeded" and others, f"{name}: its job is {status}")


def _peak_mb(pid: int) -> int:
    """Give the most memory that a process had so far."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
