"""The one door to models: which are tried in which order, and what counts as an answer.

`converse` asks for words and tool calls; `ask` climbs until an answer satisfies its contract. Both
go down the chain of models while they fail for a reason that another model may not have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from ai import accounts, health, rates
from ai.contracts.base import Contract
from ai.exchange import OnEvent, Order, Said, perform
from ai.jobs.service import note
from ai.ledger import tokens_of
from ai.models import AccountState, Job, JobStep, Payer, Task, UpstreamCall
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
from ai.route import LEFT, MENDED, MODE_LEFT, SKIPPED
from ai.routing import OF_TASK, Choice, Needs, Scope, chain
from ai.structured import ladder, schema
from canvas.core.errors import Upstream

C = TypeVar("C", bound=Contract)

MOST_PAID_TRIES: Final = 3
# What another model cannot mend: our own stop, and an account that cannot pay or sign in.
_BAD_REQUEST: Final = (400, 404, 422)
KEY_LIMIT_STATUS: Final = 403


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
    choices: Sequence[Choice] | None = None,
) -> Asked[C]:
    """Ask until the answer satisfies the recipe's contract; at most three answers are paid for.

    Args:
        recipe: the question.
        job: who pays, and where it is told which model was tried and left.
        values: what fills the holes of the wording.
        image_url: a data URL of the picture that the question is about.
        choices: these models and no others; None is the chain of the job.

    Raises:
        Unaffordable: the budget or a quota does not cover it.
        Upstream: `no-valid-answer`; every raw answer is kept in the ledger with its verdict.
        OpenRouterError: every model failed.
    """
    system, user = recipe.wording.fill(values)
    if choices is None:
        # The estimate is on the safe side; half of it is what the texts surely take.
        taken = tokens_of(system + user) // 2
        needs = Needs(image=image_url is not None, structured=True, context_tokens=taken)
        choices = _chain(job, recipe.task, needs)
    by_slug = {choice.slug: choice for choice in choices}
    asker = _Asker(recipe, job, by_slug, (system, user), image_url)
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
            _raise_if_final(job, exc)
            if asker.loosen(exc):
                continue  # the same model, asked in its next way
            failures.append(exc)
            note(job, LEFT, f"{asker.slug}: {exc}")
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
    choices: Sequence[Choice] | None = None,
) -> Said:
    """Ask for words and tool calls, streamed, from the first model of the chain that gives them.

    Args:
        voice: the question.
        job: who pays.
        order: writes the request for one model.
        on_event: gets every piece as it comes.
        on_restart: is told when a model failed and the next begins anew.
        choices: these models and no others; None is the chain of the job.

    Raises:
        Unaffordable: the budget or a quota does not cover it.
        OpenRouterError: every model failed.
    """
    failures: list[OpenRouterError] = []
    if choices is None:
        choices = _chain(job, voice.task, OF_TASK[Task(voice.task)])
    for choice in choices:
        if failures:
            on_restart()
        try:
            return _perform(job, order(choice), on_event)
        except OpenRouterError as exc:
            _raise_if_final(job, exc)
            failures.append(exc)
            note(job, LEFT, f"{choice.slug}: {exc}")
    raise _most_hopeful(failures)


class _Asker(Generic[C]):
    """Makes the calls of one question, each model in the strictest way that it still takes."""

    def __init__(
        self,
        recipe: Recipe[C],
        job: Job,
        choices: Mapping[str, Choice],
        texts: tuple[str, str],
        image_url: str | None,
    ) -> None:
        self._recipe, self._job, self._choices = recipe, job, choices
        self._system, self._user = texts
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
        note(self._job, MODE_LEFT, f"{self.slug}: {modes[0]}: {exc}")
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
    choice = order.choice
    account = account_name(job) if rates.is_free(choice.slug) else ""
    with health.watched(choice.slug, choice.provider) as watch:
        rates.take(choice.slug, account)
        request = order.request.model_copy(
            update={"provider": watch.wishes(choice.provider).wire()}
        )
        order = replace(order, request=preflight(request))
        try:
            said = _perform_mended(job, order, on_event)
        except OpenRouterError as exc:
            rates.heard(exc, choice.slug, account)
            raise
        watch.served = said.reply.provider or ""
        return said


def _perform_mended(job: Job, order: Order, on_event: OnEvent | None) -> Said:
    try:
        return perform(job, order, on_event)
    except RejectedError as exc:
        mended = rewrite_after(exc, order.request)
        if mended is None:
            raise
        note(job, MENDED, f"{order.choice.slug}: {exc}")
        return perform(job, replace(order, request=mended), on_event)


def account_name(job: Job) -> str:
    """Name the account whose key a job uses now."""
    is_own = accounts.payer_of(job.workspace_id) == Payer.OWN
    return str(job.workspace_id) if is_own else accounts.OPERATOR


def request_for(choice: Choice, messages: Sequence[dict[str, Any]]) -> ChatRequest:
    """Write the request that every question shares; `reasoning` only where it is understood."""
    effort = choice.reasoning_effort
    thinks = effort and "reasoning" in choice.parameters
    return ChatRequest(
        model=choice.slug,
        messages=tuple(messages),
        max_tokens=choice.max_output_tokens,
        temperature=choice.temperature if "temperature" in choice.parameters else None,
        reasoning={"effort": effort} if thinks else None,
        provider=choice.provider.wire(),
    )


def _chain(job: Job, task: str, needs: Needs) -> list[Choice]:
    """List the models for a job; each one that is left out is a line of its timeline, once."""

    def skipped(slug: str, reason: str) -> None:
        said = f"{slug}: {reason}"
        if not JobStep.objects.filter(job=job, name=SKIPPED, note=said[:500]).exists():
            note(job, SKIPPED, said)

    return chain(Scope.of_job(job), task, needs=needs, on_skip=skipped)


def _raise_if_final(job: Job, exc: OpenRouterError) -> None:
    """Let through what no other model can mend."""
    if isinstance(exc, StoppedError) and exc.reason in {"cancelled", "lease-lost", "shutdown"}:
        raise exc
    if isinstance(exc, AuthenticationError):
        raise exc
    if isinstance(exc, PaymentRequiredError):
        raise _out_of_money(job, exc) from exc


def _out_of_money(job: Job, exc: PaymentRequiredError) -> Upstream:
    """Keep on the account why it cannot pay, and say whose affair that is."""
    is_limit, account = exc.status == KEY_LIMIT_STATUS, account_name(job)
    AccountState.objects.update_or_create(account=account, defaults={"reason": str(exc)[:300]})
    what = "The limit of the key is used up" if is_limit else "The account's balance is used up"
    who = "Whoever runs this service" if account == accounts.OPERATOR else "The key's owner"
    return Upstream(
        f"{what}: {exc}. {who} has to raise it at OpenRouter.",
        code="key-limit-exceeded" if is_limit else "account-empty",
        extra={"upstreamStatus": exc.status} if exc.status else {},
    )


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
