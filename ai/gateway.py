"""The one door to models: which are tried in which order, and what counts as an answer.

`converse` asks for words and tool calls; `ask` climbs until an answer satisfies its contract. Both
go down the chain of models while they fail for a reason that another model may not have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from ai import health
from ai.contracts.base import Contract
from ai.exchange import OnEvent, Order, Said, perform
from ai.jobs.service import note
from ai.models import Job, UpstreamCall
from ai.openrouter.errors import (
    AuthenticationError,
    OpenRouterError,
    PaymentRequiredError,
    RejectedError,
    StoppedError,
)
from ai.openrouter.quirks import answer_text, preflight, rewrite_after
from ai.openrouter.wire import ChatRequest
from ai.recipes import Recipe, Voice
from ai.routing import Choice, chain
from ai.structured import ladder, schema
from canvas.core.errors import Upstream

C = TypeVar("C", bound=Contract)

MOST_PAID_TRIES: Final = 3
# What another model cannot mend: our own stop, and an account that cannot pay or sign in.
_BAD_REQUEST: Final = (400, 404, 422)


@dataclass(frozen=True, slots=True)
class Asked(Generic[C]):
    """A validated answer, and who gave it."""

    value: C
    model_served: str
    simulated: bool
    repairs: tuple[str, ...]


def ask(
    recipe: Recipe[C],
    *,
    job: Job,
    values: Mapping[str, str],
    image_url: str | None = None,
) -> Asked[C]:
    """Ask until the answer satisfies the recipe's contract; at most three answers are paid for.

    Args:
        recipe: the question.
        job: who pays, and where it is told which model was tried and left.
        values: what fills the holes of the wording.
        image_url: a data URL of the picture that the question is about.

    Raises:
        Unaffordable: the budget or a quota does not cover it.
        Upstream: `no-valid-answer`; every raw answer is kept in the ledger with its verdict.
        OpenRouterError: every model failed.
    """
    choices = chain(job.workspace, recipe.task, image=image_url is not None)
    asker = _Asker(recipe, job, {choice.slug: choice for choice in choices}, values, image_url)
    failures: list[OpenRouterError] = []
    while choices and asker.paid < MOST_PAID_TRIES:
        rungs = [ladder.Rung(choice.slug, asker.mode(choice)) for choice in choices]
        try:
            answer = ladder.climb(
                recipe.contract,
                ask=asker.ask,
                rungs=rungs,
                max_paid=MOST_PAID_TRIES - asker.paid,
                on_verdict=asker.judged,
            )
        except ladder.NoValidAnswerError as exc:
            raise _no_valid_answer(exc, asker.paid) from exc
        except OpenRouterError as exc:
            _raise_if_final(exc)
            if asker.loosen(exc):
                continue  # the same model, asked in its next way
            failures.append(exc)
            note(job, "model-left", f"{asker.slug}: {exc}")
            choices = choices[[choice.slug for choice in choices].index(asker.slug) + 1 :]
        else:
            said = asker.last
            return Asked(answer.value, said.reply.model or "", said.reply.simulated, answer.repairs)
    raise _most_hopeful(failures) if failures else _no_valid_answer(None, asker.paid)


def converse(
    voice: Voice,
    *,
    job: Job,
    order: Callable[[Choice], Order],
    on_event: OnEvent,
    on_restart: Callable[[], None],
) -> Said:
    """Ask for words and tool calls, streamed, from the first model of the chain that gives them.

    Args:
        voice: the question.
        job: who pays.
        order: writes the request for one model.
        on_event: gets every piece as it comes.
        on_restart: is told when a model failed and the next begins anew.

    Raises:
        Unaffordable: the budget or a quota does not cover it.
        OpenRouterError: every model failed.
    """
    failures: list[OpenRouterError] = []
    for choice in chain(job.workspace, voice.task, tools=True):
        if failures:
            on_restart()
        try:
            return _perform(job, order(choice), on_event)
        except OpenRouterError as exc:
            _raise_if_final(exc)
            failures.append(exc)
            note(job, "model-left", f"{choice.slug}: {exc}")
    raise _most_hopeful(failures)


class _Asker(Generic[C]):
    """Makes the calls of one question, each model in the strictest way that it still takes."""

    def __init__(
        self,
        recipe: Recipe[C],
        job: Job,
        choices: Mapping[str, Choice],
        values: Mapping[str, str],
        image_url: str | None,
    ) -> None:
        self._recipe, self._job, self._choices = recipe, job, choices
        self._system, self._user = recipe.wording.fill(values)
        self._image_url = image_url
        self._modes = {
            slug: schema.modes_for(slug, choice.parameters) for slug, choice in choices.items()
        }
        # What earlier attempts of the job have paid for in vain counts as well.
        earlier = UpstreamCall.objects.filter(job=job).exclude(verdict="")
        self.paid = earlier.count() if job.attempts > 1 else 0
        self.slug = ""
        self.last: Said

    def mode(self, choice: Choice) -> schema.Mode:
        """Say how to ask a model now."""
        return self._modes[choice.slug][0]

    def loosen(self, exc: OpenRouterError) -> bool:
        """Go over to the model's next way of asking, if it was the way that was refused."""
        modes = self._modes[self.slug]
        if not isinstance(exc, RejectedError) or exc.status not in _BAD_REQUEST or len(modes) == 1:
            return False
        note(self._job, "mode-left", f"{self.slug}: {modes[0]}: {exc}")
        modes.pop(0)
        return True

    def ask(self, rung: ladder.Rung, correction: str | None) -> ladder.Said:
        """Make one paid call of the ladder."""
        self.slug = rung.model
        choice = self._choices[rung.model]
        request = request_for(choice, self._messages(rung.mode, correction))
        asked = schema.response_format(
            self._recipe.contract, rung.mode, schema.dialect_of(rung.model)
        )
        order = Order(
            task=self._recipe.task,
            recipe=self._recipe.prompt,
            prompt_digest=self._recipe.wording.digest,
            choice=choice,
            request=request.model_copy(update={"response_format": asked}),
            images=1 if self._image_url else 0,
        )
        self.last = _perform(self._job, order)
        self.paid += 1
        message = self.last.reply.message
        return ladder.Said(answer_text(message), message.is_cut)

    def judged(self, _said: ladder.Said, verdict: str | None) -> None:
        """Keep the verdict beside the raw answer."""
        if verdict is not None:
            UpstreamCall.objects.filter(pk=self.last.call.pk).update(verdict=verdict[:10_000])

    def _messages(self, mode: schema.Mode, correction: str | None) -> list[dict[str, Any]]:
        system, content = self._system, [{"type": "text", "text": self._user}]
        if mode in {schema.Mode.JSON_OBJECT, schema.Mode.PROMPT}:
            system = f"{system}\n\n{schema.schema_in_prompt(self._recipe.contract)}"
        if self._image_url:
            content.append({"type": "image_url", "image_url": {"url": self._image_url}})  # type: ignore[dict-item]
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": system},
            {"role": "user", "content": content if self._image_url else self._user},
        ]
        if correction is not None:
            wrong = answer_text(self.last.reply.message)
            messages.append({"role": "assistant", "content": wrong or "(nothing)"})
            messages.append({"role": "user", "content": correction})
        return messages


def _perform(job: Job, order: Order, on_event: OnEvent | None = None) -> Said:
    """Make one exchange; a refusal that a known rewrite of the request mends is asked once more."""
    order = replace(order, request=preflight(order.request))
    with health.watched(order.choice.slug):
        try:
            return perform(job, order, on_event)
        except RejectedError as exc:
            mended = rewrite_after(exc, order.request)
            if mended is None:
                raise
            note(job, "request-mended", f"{order.choice.slug}: {exc}")
            return perform(job, replace(order, request=mended), on_event)


def request_for(choice: Choice, messages: Sequence[dict[str, Any]]) -> ChatRequest:
    """Write the request that every question shares; `reasoning` only where it is understood."""
    thinks = choice.reasoning_effort and "reasoning" in choice.parameters
    return ChatRequest(
        model=choice.slug,
        messages=tuple(messages),
        max_tokens=choice.max_output_tokens,
        temperature=choice.temperature if "temperature" in choice.parameters else None,
        reasoning={"effort": choice.reasoning_effort} if thinks else None,
    )


def _raise_if_final(exc: OpenRouterError) -> None:
    """Let through what no other model can mend."""
    if isinstance(exc, StoppedError) and exc.reason in {"cancelled", "lease-lost", "shutdown"}:
        raise exc
    if isinstance(exc, AuthenticationError | PaymentRequiredError):
        raise exc


def _most_hopeful(failures: Sequence[OpenRouterError]) -> OpenRouterError:
    """Choose the failure that says when to come back, if one does: the job then waits."""
    waits = [exc for exc in failures if exc.retryable]
    return min(waits, key=lambda exc: exc.retry_after_s or 0) if waits else failures[-1]


def _no_valid_answer(exc: ladder.NoValidAnswerError | None, paid: int) -> Upstream:
    last = exc.tries[-1].verdict if exc and exc.tries else "see the job's calls"
    return Upstream(
        f"The models gave no usable answer in {paid} tries. The last one: {last}",
        code="no-valid-answer",
    )
