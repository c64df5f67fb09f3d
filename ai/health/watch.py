"""One call, watched: who may not be asked before it, and what it says about them after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ai import rates
from ai.health import breaker, providers
from ai.models import ModelHealth
from ai.openrouter.errors import (
    OpenRouterError,
    RateLimitedError,
    StoppedError,
    UnavailableError,
)
from ai.routing.choice import catalogue_slug
from ai.routing.preferences import NONE, Preferences


@dataclass(slots=True)
class Watch:
    """What is known before a call, and `served`, the provider that its reply names."""

    rows: dict[str, ModelHealth]
    closed: tuple[str, ...] = ()
    """Providers that rest: they are not to be asked."""
    probe: str = ""
    """A provider that rested: this call is the one that tries it."""
    is_probe: bool = False
    """The model rested: this call is the one that tries it."""
    served: str = ""

    def wishes(self, wishes: Preferences) -> Preferences:
        """Add to what is wished of providers that some rest and that one is tried."""
        wishes = wishes.ignoring(self.closed)
        return wishes.trying_first(self.probe) if self.probe else wishes


@contextmanager
def watched(slug: str, wishes: Preferences = NONE) -> Iterator[Watch]:
    """Ask a model inside the block, unless it rests, and keep how it went.

    Raises:
        UnavailableError: it rests, or each provider that may serve it does; nothing was sent.
    """
    watch = _admit(slug, wishes)
    try:
        yield watch
    except OpenRouterError as exc:
        if not _says_nothing(exc):
            _learn(slug, watch, exc)
        raise
    _answered(slug, watch)


def _admit(slug: str, wishes: Preferences) -> Watch:
    """Look at the model and its providers, and take the one try of what has rested."""
    watch = Watch(breaker.rows_of(slug))
    model = watch.rows.get("")
    if model is not None and model.closed_until is not None:
        watch.is_probe = breaker.try_again(slug, "")
        if not watch.is_probe:
            raise _rests(slug, breaker.left_s(model))
    closed = [name for name, row in watch.rows.items() if name and row.closed_until is not None]
    for name in closed:
        if wishes.may_serve(name) and breaker.try_again(slug, name):
            watch.probe = name
            break
    watch.closed = tuple(name for name in closed if name != watch.probe)
    if watch.closed and not watch.probe:
        _refuse_without_providers(slug, watch, wishes)
    return watch


def _refuse_without_providers(slug: str, watch: Watch, wishes: Preferences) -> None:
    may = {one for one in providers.live_of(catalogue_slug(slug)) if wishes.may_serve(one)}
    resting = may.intersection(watch.closed)
    if may and may == resting:
        left_s = min(breaker.left_s(watch.rows[name]) for name in resting)
        raise _rests(f"{slug} at {', '.join(sorted(resting))}", left_s)


def _rests(what: str, left_s: float) -> UnavailableError:
    return UnavailableError(f"{what} rests", retry_after_s=left_s, never_sent=True)


def _says_nothing(exc: OpenRouterError) -> bool:
    """Say whether a failure is ours or the account's, and none of the model."""
    if isinstance(exc, StoppedError):
        return exc.reason in {"cancelled", "lease-lost", "shutdown"}
    return rates.is_of_account(exc)


def _learn(slug: str, watch: Watch, exc: OpenRouterError) -> None:
    if not isinstance(exc, RateLimitedError | UnavailableError | StoppedError):
        if _is_ill(watch.rows.get("")):
            breaker.well(slug, "")
        return
    named = "" if watch.is_probe else _at_fault(slug, exc)
    tried = watch.is_probe if not named else watch.probe == named
    breaker.failed(slug, named, exc, is_probe=tried)


def _at_fault(slug: str, exc: OpenRouterError) -> str:
    """Name the provider that failed, if another one could serve; blank: it is the model."""
    named = providers.slug_of(exc.provider)
    others = providers.live_of(catalogue_slug(slug)) - {named} if named else set()
    return named if others else ""


def _answered(slug: str, watch: Watch) -> None:
    if _is_ill(watch.rows.get("")):
        breaker.well(slug, "")
    if not (set(watch.rows) - {""}):
        return
    served = providers.slug_of(watch.served)
    if _is_ill(watch.rows.get(served)) and served:
        breaker.well(slug, served)
    if watch.probe and served and served != watch.probe:
        # It was to be asked first, and another one answered.
        passed_over = UnavailableError(f"{served} answered in its place", provider=watch.probe)
        breaker.failed(slug, watch.probe, passed_over, is_probe=True)


def _is_ill(row: ModelHealth | None) -> bool:
    return row is not None and (row.failures > 0 or row.closed_until is not None)
