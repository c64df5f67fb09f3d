"""A turn: from a person's message to the director's last word, in rounds.

Each round commits whole: the words, the tools' writes and their results. The last round commits
with the job's success. So a turn that dies resumes at its round, and no tool acts twice.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from ai.director import digest, offer, speaker, toolbox, tools, transcript, wishes
from ai.director.speaker import Speaker
from ai.exchange import Order, Said
from ai.gateway import converse, request_for
from ai.jobs import runner, steps
from ai.jobs.registry import Store
from ai.ledger import tokens_of
from ai.models import ChatMessage, Job, JobStatus, MessageRole, MessageStatus
from ai.openrouter.errors import StoppedError
from ai.openrouter.quirks import answer_text
from ai.openrouter.wire import ToolCall
from ai.recipes import DIRECTOR
from ai.routing import Choice
from ai.structured import schema
from scenes import selectors
from scenes.services import feed
from scenes.services.changes import Actor
from scenes.services.locks import lock_project

if TYPE_CHECKING:
    from scenes.models import Project

logger = logging.getLogger(__name__)

MOST_ROUNDS: Final = 6
MOST_CALLS: Final = 16
MOST_HISTORY_TOKENS: Final = 60_000
NOTHING_SAID: Final = "(The model said nothing.)"


def take(job: Job) -> Store:
    """Answer the message that the job is about; the last words are stored when the job finishes.

    Raises:
        Unaffordable, Upstream, OpenRouterError: see ai.gateway; the rounds before stay.
    """
    asked = transcript.asked(job)
    project = selectors.project_of_job(project_id=asked.project_id)
    for number in range(transcript.rounds_done(job), MOST_ROUNDS):
        offered = _offered(project, asked)
        voice = Speaker(job, parent_id=asked.pk)
        must_speak = number == MOST_ROUNDS - 1
        said = _listen(job, project, asked, offered, voice, must_speak=must_speak)
        if must_speak or not said.reply.message.tool_calls:
            return lambda: _finish(job, voice, said, asked)
        _keep_round(job, project, asked, offered, voice, said)
    raise AssertionError("a turn has at least one round left")


def _listen(
    job: Job,
    project: "Project",
    asked: ChatMessage,
    offered: dict[str, toolbox.Tool],
    voice: Speaker,
    *,
    must_speak: bool,
) -> Said:
    """Ask the model for its next words and calls, passing them on as they come."""
    values = digest.of_project(project)
    conversation = transcript.exchanges(asked)

    def order(choice: Choice) -> Order:
        system, prompt_digest = wishes.system_for(choice, DIRECTOR.wording, values)
        dialect = schema.dialect_of(choice.slug)
        wire = tuple(tool.wire(dialect) for tool in offered.values())
        room = _room_tokens(choice, system, wire)
        messages = [
            {"role": "system", "content": system},
            *transcript.as_messages(conversation, slug=choice.slug, budget_tokens=room),
        ]
        # Some providers refuse a history with calls when no tools are sent: they are sent in the
        # last round, too, and forbidden.
        request = request_for(choice, messages).model_copy(
            update={"tools": wire, "tool_choice": "none" if must_speak else "auto"}
        )
        return Order(
            task=DIRECTOR.task,
            recipe=DIRECTOR.prompt,
            prompt_digest=prompt_digest,
            choice=choice,
            request=request,
            message_id=voice.message_id,
        )

    try:
        said = converse(
            DIRECTOR, job=job, order=order, on_event=voice.hear, on_restart=voice.restart
        )
    except StoppedError as exc:
        voice.done()
        if exc.reason == "cancelled":
            _keep_stopped(job, voice, asked)
        raise
    voice.done()
    return said


def _keep_round(
    job: Job,
    project: "Project",
    asked: ChatMessage,
    offered: dict[str, toolbox.Tool],
    voice: Speaker,
    said: Said,
) -> None:
    """Commit one round: the words, the tools' writes and their results, all or nothing."""
    scope = toolbox.Scope(
        project=project,
        by=Actor.assistant(job_id=job.pk, message_id=voice.message_id, user_id=job.user_id),
        linked_scene_id=asked.linked_scene_id,
    )
    with runner.guarded(job):
        spoken = _add_spoken(job, voice, said, asked)
        for position, call in enumerate(said.reply.message.tool_calls):
            performed = (
                toolbox.perform(offered, call, scope)
                if position < MOST_CALLS
                else toolbox.refused(f"Nothing was done. At most {MOST_CALLS} calls at once.")
            )
            transcript.add(
                project_id=project.pk,
                job=job,
                parent_id=spoken.pk,
                role=MessageRole.TOOL,
                tool_call_id=call.id,
                content=performed.done.said,
            )
            spoken.tool_calls.append(
                {
                    "id": call.id,
                    "callId": speaker.call_id(spoken.pk, position),
                    "name": call.name,
                    "arguments": call.arguments,
                    "status": performed.status,
                    "result": performed.done.said,
                    "changeId": _text(performed.done.change_id),
                    "outlineId": _text(performed.done.outline_id),
                }
            )
            _tell_finished(job, spoken, position, call, performed)
        spoken.save(update_fields=["tool_calls"])
        _tell_spoken(job, spoken, said)
        runner.progress(job, done=transcript.rounds_done(job), words="The director is working")
        steps.reached("before-commit")
    steps.reached("after-commit")


def _finish(job: Job, voice: Speaker, said: Said, asked: ChatMessage) -> dict[str, Any]:
    """Store the last words; runs inside the job's guarded finish.

    Calls that were made although the last round forbids them are not carried out.
    """
    spoken = _add_spoken(job, voice, _without_calls(said), asked)
    for position, call in enumerate(said.reply.message.tool_calls):
        _tell_finished(job, spoken, position, call, toolbox.refused("Nothing was done."))
    _tell_spoken(job, spoken, said)
    return {"messageId": str(spoken.pk), "rounds": transcript.rounds_done(job)}


def _keep_stopped(job: Job, voice: Speaker, asked: ChatMessage) -> None:
    """Keep what was said before a person stopped it, if the job is still the one we ran."""
    if not voice.text.strip():
        return
    with transaction.atomic():
        mine = Job.objects.filter(pk=job.pk, fence=job.fence, status=JobStatus.CANCELLED)
        if not mine.select_for_update().exists():
            return
        lock_project(asked.project_id)
        spoken = transcript.add(
            project_id=asked.project_id,
            id=voice.message_id,
            job=job,
            parent_id=asked.pk,
            role=MessageRole.ASSISTANT,
            status=MessageStatus.STOPPED,
            content=voice.text,
        )
        feed.publish(spoken.project_id, [_completed(job, spoken)])


def _offered(project: "Project", asked: ChatMessage) -> dict[str, toolbox.Tool]:
    count = len(selectors.scenes_of(project=project))
    return offer.offered(tools.ALL, message=asked.content, scene_count=count)


def _room_tokens(choice: Choice, system: str, tools: Sequence[dict[str, Any]]) -> int:
    """Say how much of the conversation fits between the prompt and the reply."""
    if choice.entry is None or choice.entry.context_length is None:
        return MOST_HISTORY_TOKENS
    taken = tokens_of(system) + tokens_of(json.dumps(tools)) + choice.max_output_tokens
    return min(MOST_HISTORY_TOKENS, choice.entry.context_length - taken)


def _without_calls(said: Said) -> Said:
    """Keep the words only; the details would bear the signatures of calls that are gone."""
    message = said.reply.message
    if not message.tool_calls:
        return said
    words = message.content if message.content.strip() else NOTHING_SAID
    spoken = {"content": words, "tool_calls": (), "reasoning_details": None}
    reply = said.reply.model_copy(update={"message": message.model_copy(update=spoken)})
    return replace(said, reply=reply)


def _add_spoken(job: Job, voice: Speaker, said: Said, asked: ChatMessage) -> ChatMessage:
    reply, message = said.reply, said.reply.message
    lock_project(asked.project_id)
    return transcript.add(
        project_id=asked.project_id,
        id=voice.message_id,
        job=job,
        parent_id=asked.pk,
        role=MessageRole.ASSISTANT,
        content=answer_text(message) or ("" if message.tool_calls else NOTHING_SAID),
        reasoning=message.reasoning or "",
        reasoning_details=message.reasoning_details or "",
        model_served=(reply.model or "")[:200],
        simulated=reply.simulated,
    )


def _tell_finished(
    job: Job, spoken: ChatMessage, position: int, call: ToolCall, performed: toolbox.Performed
) -> None:
    data = {
        "messageId": str(spoken.pk),
        "callId": speaker.call_id(spoken.pk, position),
        "name": call.name,
        "status": performed.status,
        "changeId": _text(performed.done.change_id),
    }
    feed.publish(spoken.project_id, [feed.NewEvent("tool.finished", data, job.pk)])


def _tell_spoken(job: Job, spoken: ChatMessage, said: Said) -> None:
    usage = said.reply.usage
    tokens = ((usage.prompt_tokens or 0) + (usage.completion_tokens or 0)) if usage else None
    cost = None if usage is None or usage.cost_usd is None else format(usage.cost_usd, "f")
    data = {"messageId": str(spoken.pk), "tokens": tokens, "costUsd": cost}
    used = feed.NewEvent("usage", data, job.pk)
    feed.publish(spoken.project_id, [used, _completed(job, spoken)])


def _completed(job: Job, spoken: ChatMessage) -> feed.NewEvent:
    data = {"messageId": str(spoken.pk), "role": spoken.role, "status": spoken.status}
    return feed.NewEvent("message.completed", data, job.pk)


def _text(key: object) -> str | None:
    return None if key is None else str(key)
