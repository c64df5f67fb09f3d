"""Quantiles that hold for the next value, not only for those that were seen."""

import math
import statistics
from collections.abc import Sequence
from typing import Final

MIDDLE: Final = 0.5
NEARLY_ALL: Final = 0.95
# From here on the largest of the values is above the next one in 95 % of cases.
ENOUGH: Final = 20


def next_below(values: Sequence[float], share: float) -> float:
    """Give what the next value stays below, or at, with this probability.

    The k-th smallest, k = ceil((n + 1) * share): with n values seen, the next one is as likely in
    each of the n + 1 gaps between them. The largest if there are too few values for that.

    Source: split conformal prediction; Lei et al., "Distribution-Free Predictive Inference For
    Regression", 2018.
    """
    place = math.ceil((len(values) + 1) * share)
    return sorted(values)[min(place, len(values)) - 1]


def middle(values: Sequence[float]) -> float:
    """Give the median, the upper one of two."""
    return sorted(values)[len(values) // 2]


def sum_below(values: Sequence[float], count: int, share: float) -> float:
    """Give what the sum of the next `count` values stays below: by mean and spread of the values.

    Sums of a few are skewed as the values are, so one of them may always be as large as one alone.
    """
    if count == 1:
        return next_below(values, share)
    mean = statistics.fmean(values)
    z = statistics.NormalDist().inv_cdf(share)
    spread = z * statistics.pstdev(values) * math.sqrt(count)
    one_large = next_below(values, share) - mean if share > MIDDLE else 0.0
    return mean * count + max(spread, one_large)
