"""Asking one model one case in one wording, exactly once, and reading what came of it.

Every answer is streamed, so that each has a first token. Nothing is carried out: tool calls are
only read against their contracts. Other models are no help here, so there is no fallback.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ai.contracts.base import Contract
from ai.director import tools as director
from ai.exchange import Order, Said
from ai.gateway import MOST_PAID_TRIES, converse, request_for
from ai.lab import pictures
from ai.lab.answers import Given, Made
from ai.lab.wordings import QUESTIONS
from ai.models import Job, Task, UpstreamCall
from ai.openrouter.errors import (
    AuthenticationError,
    OpenRouterError,
    RejectedError,
    StoppedError,
)
from ai.openrouter.events import StreamEvent
from ai.openrouter.quirks import answer_text
from ai.openrouter.wire import ChatRequest, ToolCall
from ai.prompts import Wording
from ai.recipes import Recipe, Voice
from ai.routing import Choice, Needs, Scope, chain
from ai.structured import ladder, schema
from ai.structured.arguments import ArgumentsError, tool_arguments
from ai.structured.extract import strict_value
from canvas.core.errors import Unavailable
from canvas.workspaces.access import inside
from scenes import selectors
from scenes.services.assets import read_model_input

LEDGER_TASK: Final = "lab"
_WAY_REFUSED: Final = (400, 404, 422)


class RestsError(Exception):
    """The model cannot be asked now, and nothing was sent: its turn comes later."""

    def __init__(self, cause: OpenRouterError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Question:
    """One cell of a run: a case, a model, a wording."""

    task: str
    case: Mapping[str, Any]
    slug: str
    wording_name: str
    wording: Wording


@dataclass(slots=True)
class Outcome:
    """What came of it. `is_valid` is None when there was no answer to judge."""

    is_valid: bool | None = None
    given: Given | None = None
    answer: str = ""
    repairs: tuple[str, ...] = ()
    tries: int = 0
    error: str = ""


def ask(job: Job, question: Question) -> Outcome:
    """Ask one question.

    Raises:
        RestsError: the model rests or its free calls are used up; nothing was sent.
        Unaffordable, AuthenticationError, Upstream: what ends the run, as no model can mend it.
        StoppedError: the run was cancelled or lost its claim.
    """
    outcome = Outcome()
    try:
        choice = _choice(job, question)
        asker = _Asker(job, question, choice, outcome)
        if question.task == Task.CHAT:
            asker.talk()
        else:
            asker.climb()
    except _LeftOutError as exc:
        outcome.error = str(exc)
    except OpenRouterError as exc:
        _raise_if_not_its_own(exc)
        outcome.error = str(exc)
    return outcome


class _LeftOutError(Exception):
    """The model may not or cannot be asked this, by the catalogue or by the workspace's wishes."""


class _Asker:
    """Makes the calls of one question and writes what came of them."""

    def __init__(self, job: Job, question: Question, choice: Choice, outcome: Outcome) -> None:
        self._job, self._question, self._choice, self._out = job, question, choice, outcome
        self._system, self._user = question.wording.fill(question.case["values"])
        self._last: Said | None = None

    def talk(self) -> None:
        """Have one round of the director: words and tool calls, none of which is carried out."""
        offered = {
            name: director.ALL[name]
            for name in self._question.case["tools"]
            if name in director.ALL
        }
        dialect = schema.dialect_of(self._choice.slug)
        wire = tuple(tool.wire(dialect) for tool in offered.values())
        messages = [{"role": "system", "content": self._system}, *self._question.case["messages"]]
        said = self._say(messages, tools=wire, tool_choice="auto")
        message = said.reply.message
        words, errors = answer_text(message), []
        made: list[Made] = []
        for call in message.tool_calls:
            read = _read_call(call, offered)
            if isinstance(read, str):
                errors.append(read)
                continue
            arguments, is_mended = read
            made.append(Made(call.name, arguments))
            if is_mended:
                self._out.repairs = (*self._out.repairs, f"arguments of {call.name}")
        self._out.answer = _as_text(words, message.tool_calls)
        if not words.strip() and not message.tool_calls:
            errors.append("nothing was said and nothing was called")
        self._out.is_valid = not errors
        if errors:
            self._judged(said, "; ".join(errors))
        else:
            self._out.given = Given(words=words, calls=tuple(made))

    def climb(self) -> None:
        """Ask until an answer satisfies the contract, as the service itself would ask this model.

        A way of asking that is refused makes room for the next one; each is asked again once.
        """
        recipe = QUESTIONS[self._question.task]
        assert isinstance(recipe, Recipe)  # noqa: S101 only the director has no contract
        modes = schema.modes_for(self._choice.slug, self._choice.parameters)
        while True:
            try:
                self._climb(recipe.contract, modes[0])
            except RejectedError as exc:
                if exc.status not in _WAY_REFUSED or len(modes) == 1:
                    raise
                modes.pop(0)
            else:
                return

    def _climb(self, contract: type[Contract], mode: schema.Mode) -> None:
        shape = schema.response_format(contract, mode, schema.dialect_of(self._choice.slug))

        def say(_rung: ladder.Rung, correction: str | None) -> ladder.Said:
            said = self._say(self._messages(contract, mode, correction), response_format=shape)
            self._out.answer = answer_text(said.reply.message)
            return ladder.Said(self._out.answer, said.reply.message.is_cut)

        def judged(_said: ladder.Said, verdict: str | None) -> None:
            if verdict is not None and self._last is not None:
                self._judged(self._last, verdict)

        try:
            found = ladder.climb(
                contract,
                ask=say,
                rungs=[ladder.Rung(self._choice.slug, mode)],
                max_paid=MOST_PAID_TRIES - self._out.tries,
                on_verdict=judged,
            )
        except ladder.NoValidAnswerError:
            self._out.is_valid = False
            return
        self._out.is_valid, self._out.error = True, ""
        self._out.repairs, self._out.given = found.repairs, Given(value=found.value)

    def _messages(
        self, contract: type[Contract], mode: schema.Mode, correction: str | None
    ) -> list[dict[str, Any]]:
        system = self._system
        if mode in {schema.Mode.JSON_OBJECT, schema.Mode.PROMPT}:
            system = f"{system}\n\n{schema.schema_in_prompt(contract)}"
        content: Any = self._user
        if url := self._picture():
            content = [
                {"type": "text", "text": self._user},
                {"type": "image_url", "image_url": {"url": url}},
            ]
        messages = [{"role": "system", "content": system}, {"role": "user", "content": content}]
        if correction is not None:
            messages.append({"role": "assistant", "content": self._out.answer or "(nothing)"})
            messages.append({"role": "user", "content": correction})
        return messages

    def _say(self, messages: list[dict[str, Any]], **more: Any) -> Said:  # noqa: ANN401 members of a request
        request = request_for(self._choice, messages).model_copy(update=more)
        said = converse(
            Voice(self._question.wording.name, self._question.task),
            job=self._job,
            order=self._order(request),
            on_event=_pass,
            on_restart=lambda: None,
            choices=[self._choice],
        )
        self._last = said
        self._out.tries += 1
        return said

    def _order(self, request: ChatRequest) -> Callable[[Choice], Order]:
        return lambda choice: Order(
            task=LEDGER_TASK,
            recipe=self._question.wording.name,
            prompt_digest=self._question.wording.digest,
            choice=choice,
            request=request,
            images=1 if "picture" in self._question.case else 0,
        )

    def _judged(self, said: Said, verdict: str) -> None:
        """Keep the verdict beside the raw answer."""
        self._out.error = verdict
        UpstreamCall.objects.filter(pk=said.call.pk).update(verdict=verdict[:10_000])

    def _picture(self) -> str:
        picture = self._question.case.get("picture")
        if picture is None:
            return ""
        if "drawing" in picture:
            return pictures.as_url(pictures.draw(picture["drawing"]))
        access = inside(self._job.workspace)
        asset = selectors.get_asset(access=access, asset_id=picture["assetId"])
        return f"data:image/jpeg;base64,{base64.b64encode(read_model_input(asset)).decode()}"


def _choice(job: Job, question: Question) -> Choice:
    """Give the model as the workspace's wishes allow it to be asked: policy, prices, providers."""
    is_chat, is_vision = question.task == Task.CHAT, question.task == Task.VISION
    needs = Needs(tools=is_chat, image=is_vision, structured=not is_chat)
    reasons: dict[str, str] = {}
    scope = Scope(job.workspace, job.project_id, question.slug)
    try:
        able = chain(scope, question.task, needs=needs, on_skip=reasons.__setitem__)
    except Unavailable:
        able = []
    for choice in able:
        if choice.slug == question.slug:
            return choice
    raise _LeftOutError(f"not asked: {reasons.get(question.slug, 'it cannot do this')}")


def _read_call(call: ToolCall, offered: Mapping[str, Any]) -> tuple[dict[str, Any], bool] | str:
    """Read a call's arguments, and say whether they had to be mended; or say what is wrong."""
    tool = offered.get(call.name)
    if tool is None:
        return f"{call.name}: there is no such tool"
    found = tool_arguments(call.arguments, tool.contract)
    if isinstance(found, ArgumentsError):
        return f"{call.name}: {'; '.join(found.errors)}"
    return found.model_dump(mode="json", by_alias=True), not _is_strict(call, tool.contract)


def _is_strict(call: ToolCall, contract: type[Contract]) -> bool:
    try:
        contract.model_validate(strict_value(call.arguments.strip() or "{}"), strict=True)
    except ValueError:
        return False
    return True


def _as_text(words: str, calls: tuple[ToolCall, ...]) -> str:
    return "\n".join([*([words] if words else []), *(f"{c.name}({c.arguments})" for c in calls)])


def _raise_if_not_its_own(exc: OpenRouterError) -> None:
    """Let through what says nothing about this model's answer."""
    if isinstance(exc, StoppedError):
        if exc.reason in {"cancelled", "lease-lost", "shutdown"}:
            raise exc
    elif isinstance(exc, AuthenticationError):
        raise exc
    elif exc.never_sent and exc.retryable:
        raise RestsError(exc) from exc


def _pass(_event: StreamEvent) -> None:
    """Let a piece of the answer go by; the whole is what counts."""
