"""Finished jobs with their calls, written straight into the tables: hundreds in a second."""

# ruff: noqa: S311 dice for traffic, not for secrets

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ai.models import CallStatus, ChatMessage, Job, JobStatus, MessageRole, UpstreamCall
from canvas.core.rows import uuid7
from scenes.models import Project

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONGEST_TALK = 44_000  # more of it is not sent
PROMPT_NUSD, COMPLETION_NUSD = 150, 600  # of one token


@dataclass
class Book:
    """Collects rows and writes them at once."""

    project: Project
    model: str = "maker/first"
    at: datetime = BEGAN

    def __post_init__(self) -> None:
        self.jobs: list[Job] = []
        self.calls: list[UpstreamCall] = []
        self.messages: list[ChatMessage] = []

    def add(self, kind: str, calls: list[tuple[int, int]], **over: Any) -> Job:
        """Add a job that made these calls of (prompt, completion) tokens."""
        self.at += timedelta(minutes=7)
        seconds = over.pop("seconds", 2.0)
        cost = over.pop("cost_nusd", ...)
        call_over = over.pop("call", {})
        job = Job(
            id=uuid7(),
            workspace=self.project.workspace,
            project=self.project,
            kind=kind,
            created_at=self.at,
            queued_at=self.at,
            started_at=self.at,
            finished_at=self.at + timedelta(seconds=seconds),
            **{"status": JobStatus.SUCCEEDED, **over},
        )
        self.jobs.append(job)
        for prompt, completion in calls:
            billed = prompt * PROMPT_NUSD + completion * COMPLETION_NUSD if cost is ... else cost
            values = {
                "status": CallStatus.UNKNOWN if billed is None else CallStatus.SETTLED,
                "model_slug": self.model,
                "cost_nusd": billed,
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "recipe": kind,
                "task": kind,
                "day": f"{self.at:%Y-%m-%d}",
                "ended_at": job.finished_at,
                "latency_s": seconds / len(calls),
                **call_over,
            }
            self.calls.append(
                UpstreamCall(
                    workspace_id=job.workspace_id, project_id=job.project_id, job=job, **values
                )
            )
        return job

    def say(self, role: str, content: str) -> ChatMessage:
        """Add a message of a person or of the director."""
        message = ChatMessage(
            id=uuid7(),
            project=self.project,
            role=role,
            content=content,
            position=len(self.messages) + 1,
            created_at=self.at,
        )
        self.messages.append(message)
        return message

    def write(self) -> "Book":
        """Write all rows, each with its own time."""
        ChatMessage.objects.bulk_create(self.messages)
        Job.objects.bulk_create(self.jobs)
        UpstreamCall.objects.bulk_create(self.calls)
        times = {job.pk: job.created_at for job in self.jobs}
        for call in self.calls:
            call.created_at = times[call.job_id]
        UpstreamCall.objects.bulk_update(self.calls, ["created_at"], batch_size=200)
        return self


def heavy(dice: random.Random, middle: float, spread: float) -> int:
    """Draw from a distribution with a long tail: log-normal."""
    return max(1, round(dice.lognormvariate(math.log(middle), spread)))


def chats(book: Book, number: int, seed: int) -> None:
    """Talk: a growing conversation, 1 to 6 rounds, answers with a long tail."""
    dice, context = random.Random(seed), 1_800
    for _ in range(number):
        asked = book.say(MessageRole.USER, "word " * heavy(dice, 40, 1.0))
        context += round(len(asked.content) / 4 * dice.uniform(0.8, 1.1))
        calls = []
        for _ in range(min(6, 1 + int(dice.expovariate(0.9)))):
            said = min(heavy(dice, 220, 0.8), 8_000)
            calls.append((min(context, LONGEST_TALK), said))
            context += said
        book.say(MessageRole.ASSISTANT, "word " * sum(said * 4 // 5 for _, said in calls))
        seconds = sum(1 + said / 60 * dice.uniform(0.7, 1.6) for _, said in calls)
        book.add("chat", calls, subject_id=asked.pk, seconds=seconds)


def outlines(book: Book, number: int, seed: int) -> None:
    """Outlines of texts of very different lengths; one in eight is asked for again."""
    dice = random.Random(seed)
    for _ in range(number):
        words = min(heavy(dice, 600, 1.1), 40_000)
        target = dice.choice([{}, {"scenes": dice.randint(2, 40)}, {"runtimeSeconds": 900}])
        payload = {"source": "text", "text": "word " * words, "target": target}
        source = round(words * 5 / 4 * dice.uniform(0.85, 1.15))
        scenes = target.get("scenes") or (20 if target else min(max(source / 250, 4), 40))
        said = heavy(dice, 500 + 240 * scenes, 0.35)
        tries = 1 + (dice.random() < 0.12) + (dice.random() < 0.03)
        calls = [(1_500 + source + at * said, said) for at in range(tries)]
        book.add("outline", calls, payload=payload, seconds=2 + said * tries / 70)


def pictures(book: Book, number: int, seed: int) -> None:
    """Analyses: about as long each, some asked for again."""
    dice = random.Random(seed)
    for _ in range(number):
        said = heavy(dice, 260, 0.3)
        tries = 1 + (dice.random() < 0.08)
        prompt = round(1_900 * dice.uniform(0.9, 1.2))
        book.add("vision", [(prompt, said)] * tries, subject_id=uuid7(), seconds=1 + said / 80)
