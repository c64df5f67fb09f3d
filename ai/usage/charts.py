"""Charts drawn as SVG on the server: no script, no file of its own, colours that suit both themes.

Each has a title and a description for readers who see none of it, and a tooltip on every bar.
Texts take the page's colour. What is simulated is pale with a dashed edge.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from canvas.core.money import usd_text

COLOURS: Final = (
    "#3b82c4", "#cc7a12", "#2f9e77", "#c45ab3", "#8a6fd1", "#a08a10", "#8a8f98",
)  # fmt: skip
WIDTH: Final = 1180
HALF_WIDTH: Final = 560
LEFT: Final = 64
LABELS: Final = 210
ROW: Final = 26
_HEIGHT: Final = 220
_TOP: Final = 12
_LABELLED: Final = 12
_LONGEST_LABEL: Final = 32


def cost_bars(
    bars: Sequence[tuple[str, Mapping[str, tuple[int, int]]]], series: Sequence[str]
) -> SafeString:
    """Draw stacked costs over time: a bar for each name, a colour for each series."""
    most = max((sum(map(sum, parts.values())) for _, parts in bars), default=0)
    top, ticks = _scale(most)
    step = (WIDTH - LEFT) / max(len(bars), 1)
    every = max(1, math.ceil(len(bars) / _LABELLED))
    shapes = [_grid(tick, top) for tick in ticks]
    for number, (name, parts) in enumerate(bars):
        x = LEFT + number * step
        shapes += _stack(name, parts, series, x + step * 0.1, step * 0.8, top)
        if number % every == 0:
            at = {"x": _n(x + step / 2), "y": _TOP + _HEIGHT + 18, "text-anchor": "middle"}
            shapes.append(tag("text", name[5:] if len(name) > 7 else name, **at))  # noqa: PLR2004 a month
    return _chart(
        "cost-by-time",
        "Cost over time by model",
        f"{len(bars)} bars from {bars[0][0]} to {bars[-1][0]}; the highest is {_usd(most)}."
        if bars
        else "No time was chosen.",
        (WIDTH, _TOP + _HEIGHT + 28),
        shapes,
    )


def cost_rows(key: str, title: str, rows: Iterable[tuple[str, int, int]]) -> SafeString:
    """Draw costs as rows of (label, paid, simulated), each with its figure."""
    shown = list(rows)
    most = max((paid + simulated for _, paid, simulated in shown), default=0) or 1
    start, room = LABELS, HALF_WIDTH - LABELS - 80
    shapes: list[SafeString] = []
    for number, (label, paid, simulated) in enumerate(shown):
        y = number * ROW
        shapes.append(_label(label, y))
        wide, more = paid / most * room, simulated / most * room
        shapes.append(_bar(start, y, wide, COLOURS[0], f"{label}: {_usd(paid)}"))
        if simulated:
            said = f"{label}: {_usd(simulated)} simulated"
            shapes.append(_bar(start + wide, y, more, COLOURS[0], said, is_simulated=True))
        shapes.append(_figure(start + wide + more, y, _usd(paid + simulated)))
    first = f"The dearest is {shown[0][0]} with {_usd(sum(shown[0][1:]))}." if shown else "None."
    return _chart(
        key, title, f"{len(shown)} rows. {first}", (HALF_WIDTH, len(shown) * ROW + 4), shapes
    )


def health_rows(rows: Sequence[Mapping[str, Any]]) -> SafeString:
    """Draw failures (left) and latency from p50 to p95 (right) of each model."""
    slowest = max((row["latency_p95_s"] or 0 for row in rows), default=0) or 1
    shapes: list[SafeString] = []
    failures, room, latency, span = LABELS, 260, 560, 500
    for number, row in enumerate(rows):
        y = number * ROW
        shapes.append(_label(row["model"], y))
        rate = row["failure_rate"]
        said = "no call has ended" if rate is None else f"{rate:.1%} failed"
        shapes.append(_bar(failures, y, (rate or 0) * room, "#c0392b", f"{row['model']}: {said}"))
        shapes.append(_figure(failures + (rate or 0) * room, y, _percent(rate)))
        shapes += _latency(row, y, latency, span / slowest)
    worst = max((row["failure_rate"] or 0 for row in rows), default=0)
    told = f"{len(rows)} models. Most failures: {worst:.1%}. Slowest p95: {slowest:.1f} s."
    return _chart(
        "health", "Failures and latency by model", told, (WIDTH, len(rows) * ROW + 4), shapes
    )


def tag(name: str, *children: str, **attributes: object) -> SafeString:
    """Write one element; everything is escaped."""
    return format_html(
        "<{0}{1}>{2}</{0}>",
        name,
        format_html_join("", ' {}="{}"', attributes.items()),
        format_html_join("", "{}", ((child,) for child in children)),
    )


def _chart(
    key: str,
    title: str,
    description: str,
    size: tuple[int, float],
    shapes: Iterable[SafeString],
) -> SafeString:
    marks = {"aria-labelledby": f"{key}-title {key}-desc", "role": "img", "class": "chart"}
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", description, id=f"{key}-desc"),
        *shapes,
        id=key,
        viewBox=f"0 0 {size[0]} {_n(max(size[1], 1))}",
        **marks,
    )


def _stack(
    name: str,
    parts: Mapping[str, tuple[int, int]],
    series: Sequence[str],
    x: float,
    width: float,
    top: int,
) -> list[SafeString]:
    """Pile up one bar's parts from the ground."""
    shapes, ground = [], float(_TOP + _HEIGHT)
    for one in series:
        for nusd, is_simulated in zip(parts.get(one, (0, 0)), (False, True), strict=True):
            if nusd:
                height = nusd / top * _HEIGHT
                ground -= height
                said = f"{name}, {one}: {_usd(nusd)}{' simulated' if is_simulated else ''}"
                box = {"x": _n(x), "y": _n(ground), "width": _n(width), "height": _n(height)}
                shapes.append(_rect(box, colour_of(one, series), said, is_simulated=is_simulated))
    return shapes


def colour_of(name: str, series: Sequence[str]) -> str:
    """Give a series its colour; the last is that of all others."""
    place = list(series).index(name)
    return COLOURS[-1] if place == len(series) - 1 else COLOURS[place]


def _latency(row: Mapping[str, Any], y: float, start: float, scale: float) -> list[SafeString]:
    half, most = row["latency_p50_s"], row["latency_p95_s"]
    if half is None or most is None:
        return [_figure(start, y, "no answer yet")]
    said = f"{row['model']}: p50 {half:.2f} s, p95 {most:.2f} s"
    return [
        _bar(start, y, half * scale, COLOURS[2], said),
        _bar(start + half * scale, y, (most - half) * scale, COLOURS[2], said, is_faint=True),
        _figure(start + most * scale, y, f"{half:.1f} / {most:.1f} s"),
    ]


def _scale(most: int) -> tuple[int, list[int]]:
    """Choose round marks for an axis up to `most` nano-dollars: its end, and the marks."""
    rough = max(most, 1) / 4
    magnitude = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(
        int(factor * magnitude) for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough
    )
    step = max(step, 1)
    count = max(math.ceil(most / step), 1)
    return step * count, [step * number for number in range(count + 1)]


def _grid(tick: int, top: int) -> SafeString:
    y = _n(_TOP + _HEIGHT - tick / top * _HEIGHT)
    line = tag("line", x1=LEFT, x2=WIDTH, y1=y, y2=y)
    name = tag("text", _usd(tick), **{"x": LEFT - 8, "y": y, "dy": 4, "text-anchor": "end"})
    return tag("g", line, name, **{"class": "grid"})


def _label(text: str, y: float) -> SafeString:
    short = text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
    return tag("text", short, tag("title", text), x=0, y=_n(y + 18))


def _figure(x: float, y: float, text: str) -> SafeString:
    return tag("text", text, **{"x": _n(x + 8), "y": _n(y + 18), "class": "figure"})


def _bar(x: float, y: float, width: float, colour: str, said: str, **how: bool) -> SafeString:
    box = {"x": _n(x), "y": _n(y + 5), "width": _n(max(width, 0)), "height": 17}
    return _rect(box, colour, said, **how)


def _rect(
    box: Mapping[str, object],
    colour: str,
    said: str,
    *,
    is_simulated: bool = False,
    is_faint: bool = False,
) -> SafeString:
    look: dict[str, object] = {"fill": colour, "class": "bar"}
    if is_simulated:
        look |= {"stroke": colour, "class": "bar simulated"}
    elif is_faint:
        look["class"] = "bar faint"
    return tag("rect", tag("title", said), **box, **look)


def _usd(nusd: int) -> str:
    """Write an amount for people: cents and above rounded, less than a cent exact to 3 digits."""
    dollars = Decimal(nusd).scaleb(-9)
    if nusd == 0 or dollars >= Decimal("0.01"):
        return f"${dollars:,.2f}"
    return f"${dollars:.3g}" if "E" not in f"{dollars:.3g}" else f"${usd_text(nusd)}"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
