"""F10: the upstream hangs, drips or is cut off: deadlines hold, nothing broken counts as done."""

from typing import Any, Final

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, until
from chaos.tables import Row, key_of

FIRST_DATA_S: Final = 2.0
IDLE_S: Final = 1.5
TOTAL_S: Final = 5.0
SLACK_S: Final = 1.0
OUTLINE_BYTES: Final = 1_400  # about what the answer to a marked story has
STREAM_BYTES: Final = 6_000
FOR_EVER: Final = 3_600
# name, fault, is it a streamed turn, the deadline that ends it, the reason in the row
HANGS: Final[list[tuple[str, dict[str, Any], bool, float, str]]] = [
    # A reply that comes whole has the total time alone.
    ("no headers", {"kind": "stall", "at": "headers"}, False, TOTAL_S, "total"),
    ("blanks alone", {"kind": "stall", "seconds": FOR_EVER}, False, TOTAL_S, "total"),
    ("no headers", {"kind": "stall", "at": "headers"}, True, FIRST_DATA_S, "first-data"),
    ("comments alone", {"kind": "slow", "seconds": FOR_EVER}, True, FIRST_DATA_S, "first-data"),
    ("silence after 3", {"kind": "stall", "events": 3}, True, IDLE_S, "idle"),
    ("comments after 3", {"kind": "stall", "events": 3, "comments": True}, True, IDLE_S, "idle"),
    ("one word a second", {"kind": "slow", "seconds": 0.1, "token_s": 0.3}, True, TOTAL_S, "total"),
]


def run(lab: Lab) -> Outcome:
    """Break one call of each job; the job is done by the next call, or waits and is done."""
    cuts = lab.size(8, 20)
    outcome = Outcome(
        key="F10",
        title="hangs and cuts, short deadlines, embedded",
        size=f"{len(HANGS)} hangs, {cuts} offsets of a reply and of a stream",
    )
    deadlines = {
        "OPENROUTER_FIRST_DATA_TIMEOUT_S": str(FIRST_DATA_S),
        "OPENROUTER_IDLE_TIMEOUT_S": str(IDLE_S),
        "OPENROUTER_TOTAL_TIMEOUT_S": str(TOTAL_S),
        "WORKER_THREADS": "32",
    }
    with lab.embedded(**deadlines) as service:
        service.start()
        hung = [
            _begin(service, f"hang {n}", hang[1], is_turn=hang[2]) for n, hang in enumerate(HANGS)
        ]
        offsets = [number * OUTLINE_BYTES // cuts for number in range(cuts)]
        cut = [_begin(service, f"reply {at}", _cut(at), is_turn=False) for at in offsets]
        offsets = [number * STREAM_BYTES // cuts for number in range(cuts)]
        cut += [_begin(service, f"stream {at}", _cut(at), is_turn=True) for at in offsets]
        until(lambda: not service.open_jobs(), "all jobs", 60)
        outcome.broken += service.come_to_rest(60)
        worst_s = max(
            _judge_hang(service, job_id, hang, outcome)
            for job_id, hang in zip(hung, HANGS, strict=True)
        )
        broken = sum(_judge_cut(service, job_id, outcome) for job_id in cut)
        outcome.measured |= {"latest end s": round(worst_s, 2), "replies cut": broken}
        done = service.count("status = 'succeeded'")
        outcome.measured["succeeded in the end"] = f"{done} of {len(hung) + len(cut)}"
    return outcome


def _cut(at: int) -> dict[str, Any]:
    return {"kind": "cut", "bytes": at}


def _begin(service: Service, mark: str, fault: dict[str, Any], *, is_turn: bool) -> str:
    """Script the fault for the first call that bears the mark, and start its job."""
    text = f"Marked as {mark}, for ever."
    service.faults(fault | {"times": 1, "match": {"contains": text}})
    project = service.project()
    if is_turn:
        return service.say(project, f"{text} What could the two sisters say to each other?")
    return service.outline(project, f"INT. CABIN - NIGHT\n\n{text}")


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
    name = f"{'stream' if is_turn else 'reply'}, {name}"
    first = _calls(service, job_id)[0]
    said = f"{first['error_code']} {first['error_detail']}"
    outcome.require(reason in said, f"{name}: ended as {said}, not by {reason}")
    passed_s = first["latency_s"] or 0.0
    if reason == "idle":
        passed_s -= first["first_token_s"] or 0.0
    late_s = passed_s - deadline_s
    outcome.require(abs(late_s) <= SLACK_S, f"{name}: {late_s:+.2f} s off its deadline")
    return float(late_s)


def _judge_cut(service: Service, job_id: str, outcome: Outcome) -> bool:
    """Say whether the first call was cut; if so, it must not be the one that was used."""
    calls = _calls(service, job_id)
    status = service.job(job_id)["status"]
    outcome.require(status == "succeeded", f"a cut job is {status}")
    is_cut = bool(calls[0]["error_code"])
    used = calls[0] if len(calls) == 1 else calls[-1]
    outcome.require(not used["error_code"], f"job {job_id}: a broken call was taken as done")
    return is_cut
