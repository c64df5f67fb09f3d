"""Looking up what a call cost when its answer did not say: by generation id, later and again."""

import logging
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.db.models.functions import Now

from ai import exchange, ledger
from ai.models import CallStatus, UpstreamCall
from ai.openrouter.errors import OpenRouterError
from ai.openrouter.wire import Usage

logger = logging.getLogger(__name__)

MOST_LOOK_UPS: Final = 12
BATCH: Final = 20
LONGEST_STEP_S: Final = 300
_TOKENS: Final = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")


def look_up_due() -> None:
    """Ask for the bills that are due; give up on those that never came."""
    due = UpstreamCall.objects.filter(status=CallStatus.UNKNOWN, look_up_at__lte=Now())
    # In the order of their dates: old calls whose bill never comes must not be asked for first.
    for call in due.order_by("look_up_at")[:BATCH]:
        step = timedelta(seconds=min(2**call.look_ups, LONGEST_STEP_S))
        mine = UpstreamCall.objects.filter(
            pk=call.pk, status=CallStatus.UNKNOWN, look_ups=call.look_ups
        ).update(look_ups=F("look_ups") + 1, look_up_at=Now() + step)
        if mine:
            _look_up(call)


def _look_up(call: UpstreamCall) -> None:
    if not call.generation_id or call.look_ups >= MOST_LOOK_UPS:
        ledger.expire(call)
        return
    try:
        bill = exchange.bill_of(call)
    except OpenRouterError as exc:
        logger.info("call %s: no bill yet: %s", call.pk, type(exc).__name__)
        return
    # What the answer said already is not forgotten when the bill is silent about it.
    told = {name: getattr(bill, name) for name in _TOKENS}
    known = {name: getattr(call, name) if n is None else n for name, n in told.items()}
    usage = Usage(**known, image_tokens=call.image_tokens, cost_usd=bill.cost_usd)
    if bill.cost_usd is not None:
        seen = {
            "model_served": bill.model or call.model_served,
            "provider": bill.provider or call.provider,
        }
        ledger.settle(call, usage, is_bill=True, **seen)
