"""One paid exchange with OpenRouter: hold, send, book. Each is one row of the ledger.

While the network is awaited no transaction is open and no database connection is held, so that
hundreds of calls share a few connections. Nothing here retries or waits.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
from django.conf import settings
from django.db import connection

from ai import accounts, ledger
from ai.accounts import Account
from ai.jobs import steps
from ai.jobs.watchdog import Limits, watchdog
from ai.models import Job, UpstreamCall
from ai.openrouter.client import OpenRouter
from ai.openrouter.errors import (
    AuthenticationError,
    BadReplyError,
    NotFoundError,
    OpenRouterError,
    StoppedError,
)
from ai.openrouter.events import StreamEvent
from ai.openrouter.quirks import answer_text
from ai.openrouter.wire import ChatReply, ChatRequest, Generation
from ai.routing import Choice

BILL_TIMEOUT_S: Final = 10.0
MOST_CLIENTS: Final = 4  # of one thread: one for each key that it has used lately
IMAGE_TOKENS: Final = 2_000  # what a picture adds to a prompt at most, for the hold on tokens

OnEvent = Callable[[StreamEvent], None]

# A test puts its transport here; None is the real network.
fake_transport: httpx.BaseTransport | None = None
_mine = threading.local()


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, to whom, and what the ledger shall call it."""

    task: str
    recipe: str
    prompt_digest: str
    choice: Choice
    request: ChatRequest
    images: int = 0
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A reply beside its row in the ledger."""

    reply: ChatReply
    call: UpstreamCall


@dataclass(slots=True)
class _Clock:
    """When the request left, and when the first piece of the answer came."""

    started: float = field(default_factory=time.monotonic)
    first: float | None = None

    def seen(self) -> dict[str, Any]:
        now = time.monotonic()
        first = None if self.first is None else self.first - self.started
        return {"latency_s": now - self.started, "first_token_s": first}


def perform(job: Job, order: Order, on_event: OnEvent | None = None) -> Said:
    """Make one exchange; with `on_event` it is streamed and each piece is handed over.

    Raises:
        Unaffordable: the budget or a quota does not cover the worst case; nothing was sent.
        Conflict: the workspace's own key is refused or cannot be read.
        Upstream: `operator-key-refused`.
        OpenRouterError: it failed; what it may have cost is booked.
    """
    account = accounts.account_of(job.workspace_id)
    api = client(account)
    terms = _terms(order, account, streamed=on_event is not None)
    call = ledger.reserve(job=job, terms=terms)
    steps.reached("reserved")
    clock, told = _Clock(), False
    try:
        ledger.sent(call)
        steps.reached("sent")
        reply = _send(api, job, call, order.request, clock, on_event)
        told = True
    except OpenRouterError as exc:
        told = True
        _book_failure(call, exc, clock)
        if isinstance(exc, AuthenticationError):
            raise accounts.was_refused(account, str(exc)) from exc
        raise
    finally:
        if not told:  # a bug of ours on the way: what was sent is owed all the same
            ledger.owe(call, None, error_code="internal", **clock.seen())
    ledger.settle(
        call,
        reply.usage,
        model_served=reply.model or "",
        provider=reply.provider or "",
        generation_id=reply.generation_id or call.generation_id,
        finish_reason=reply.finish_reason or "",
        raw_text=answer_text(reply.message) or reply.raw,
        simulated=reply.simulated,
        **clock.seen(),
    )
    return Said(reply, call)


def client(account: Account) -> OpenRouter:
    """Return this thread's own client for a key; one shared by all would cost a third of the speed.

    Those that were not used lately are closed.
    """
    clients: OrderedDict[Any, OpenRouter] = _mine.__dict__.setdefault("clients", OrderedDict())
    key = (settings.OPENROUTER_BASE_URL, account.secret, fake_transport)
    if key in clients:
        clients.move_to_end(key)
        return clients[key]
    found = clients[key] = new_client(account.secret)
    while len(clients) > MOST_CLIENTS:
        _, unused = clients.popitem(last=False)
        unused.close()
    return found


def new_client(secret: str | None = None, *, read_timeout_s: float = 600.0) -> OpenRouter:
    """Make a client by the settings, for who closes it.

    Args:
        secret: the key; None is the operator's.
        read_timeout_s: longest silence between two bytes.
    """
    return OpenRouter(
        settings.OPENROUTER_API_KEY if secret is None else secret,
        settings.OPENROUTER_BASE_URL,
        referer=settings.OPENROUTER_APP_URL or None,
        title=settings.OPENROUTER_APP_TITLE or None,
        connect_timeout_s=settings.OPENROUTER_CONNECT_TIMEOUT_S,
        read_timeout_s=read_timeout_s,
        transport=fake_transport,
    )


@contextmanager
def asking(secret: str) -> Iterator[OpenRouter]:
    """Ask the service about itself, patient for some seconds, without a database connection."""
    with _let_go(), new_client(secret, read_timeout_s=BILL_TIMEOUT_S) as api:
        yield api


def bill_of(call: UpstreamCall) -> Generation:
    """Ask what a call cost, with the key that it was made with.

    Raises:
        OpenRouterError: not told, or not told yet.
    """
    missing: OpenRouterError = NotFoundError("no key is left that could ask")
    for secret in accounts.secrets_for_bill(call):
        try:
            with asking(secret) as api:
                return api.generation(call.generation_id)
        except (NotFoundError, AuthenticationError) as exc:
            missing = exc
    raise missing


def _send(
    api: OpenRouter,
    job: Job,
    call: UpstreamCall,
    request: ChatRequest,
    clock: _Clock,
    on_event: OnEvent | None,
) -> ChatReply:
    request = request.model_copy(
        update={
            # By this the provider's bill can be matched with our row even without a generation id.
            "metadata": {"call_id": str(call.pk)},
            "session_id": str(job.project_id or job.pk),
            "user": hashlib.sha256(str(job.workspace_id).encode()).hexdigest()[:32],
        }
    )

    def named(generation_id: str | None) -> None:
        ledger.named(call, generation_id)
        steps.reached("headers")
        _release_database()

    assert job.fence is not None  # noqa: S101 a claimed job has one
    with _let_go(), watchdog.watching(job.fence, api.abort, _limits(on_event)) as beat:

        def data() -> None:
            beat()
            steps.reached("mid-stream")

        if on_event is None:
            return api.chat(request, on_headers=named, on_data=data)
        with api.stream(request, on_headers=named, on_data=data) as stream:
            for event in stream:
                clock.first = clock.first or time.monotonic()
                on_event(event)
            return stream.reply


def _limits(on_event: OnEvent | None) -> Limits:
    """A streamed answer must begin soon; one that comes whole may take all its time to begin."""
    total_s = settings.OPENROUTER_TOTAL_TIMEOUT_S
    if on_event is None:
        return Limits(first_data_s=total_s, idle_s=total_s, total_s=total_s)
    return Limits(
        settings.OPENROUTER_FIRST_DATA_TIMEOUT_S, settings.OPENROUTER_IDLE_TIMEOUT_S, total_s
    )


def _book_failure(call: UpstreamCall, exc: OpenRouterError, clock: _Clock) -> None:
    """Book what a failed call may have cost.

    Errors before the first token are not charged; whatever was cut may have been.
    Source: OpenRouter's billing rules, "zero completion insurance".
    """
    seen = {
        "error_code": exc.error_type or type(exc).__name__,
        "error_detail": str(exc),
        "provider": exc.provider or "",
        "raw_text": exc.raw_message or "",
        **clock.seen(),
    }
    call.generation_id = exc.generation_id or call.generation_id
    cut = isinstance(exc, BadReplyError | StoppedError) or exc.status is None
    if exc.usage is not None and exc.usage.cost_usd is not None:
        ledger.settle(call, exc.usage, **seen)
    elif clock.first is not None or (cut and not exc.never_sent):
        ledger.owe(call, exc.usage, generation_id=call.generation_id, **seen)
    else:
        ledger.fail(call, generation_id=call.generation_id, **seen)


def _terms(order: Order, account: Account, *, streamed: bool) -> ledger.Terms:
    text = order.request.model_dump_json(
        exclude={"messages": True} if order.images else None, exclude_none=True
    )
    prompt_tokens = ledger.tokens_of(text) + order.images * IMAGE_TOKENS
    max_tokens = order.request.max_tokens
    return ledger.Terms(
        task=order.task,
        recipe=order.recipe,
        prompt_digest=order.prompt_digest,
        model_slug=order.choice.slug,
        chosen_as=order.choice.chosen_as,
        hold_nusd=ledger.worst_case_nusd(
            order.choice.entry,
            prompt_tokens=prompt_tokens,
            max_tokens=max_tokens,
            images=order.images,
        ),
        hold_tokens=prompt_tokens + max_tokens,
        images=order.images,
        streamed=streamed,
        message_id=order.message_id,
        payer=account.payer,
    )


@contextmanager
def _let_go() -> Iterator[None]:
    """Give this thread's database connection back for the time that the network is awaited."""
    _release_database()
    yield


def _release_database() -> None:
    if not connection.in_atomic_block:  # a test's own transaction stays
        connection.close()
