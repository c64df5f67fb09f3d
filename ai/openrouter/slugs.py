"""What a model's slug alone tells: its family, its abilities, and what a wrong one should be.

The catalogue knows better; these are the answers for models it does not know (yet).
"""

import difflib
import re
from collections.abc import Iterable
from typing import Final

_SUCCESSORS: Final = {
    "anthropic/claude-3-haiku": "anthropic/claude-haiku-4.5",
    "anthropic/claude-3.5-haiku": "anthropic/claude-haiku-4.5",
    "anthropic/claude-3-5-haiku": "anthropic/claude-haiku-4.5",
    "anthropic/claude-haiku-4-5": "anthropic/claude-haiku-4.5",
    "anthropic/claude-3.5-sonnet": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-3-5-sonnet": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-3.7-sonnet": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-3-7-sonnet": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-sonnet-4": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-sonnet-4-5": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-4.5-sonnet": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-4.5-haiku": "anthropic/claude-haiku-4.5",
}
_AUTHORS: Final = {
    "claude": "anthropic",
    "gpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "gemini": "google",
    "kimi": "moonshotai",
    "glm": "z-ai",
    "minimax": "minimax",
    "deepseek": "deepseek",
    "grok": "x-ai",
    "mistral": "mistralai",
    "qwen": "qwen",
    "flux": "black-forest-labs",
    "seedream": "bytedance-seed",
}
_DATE: Final = re.compile(r"[-@](20\d{6}|20\d\d-\d\d-\d\d|\d{2}-\d{2}|[01]\d[0-3]\d)(?=$|:)")
_CLAUDE: Final = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[.-](\d{1,2}))?(?!\d)")
_FIRST_WITHOUT_PREFILL: Final = (4, 6)
_IMAGE_ONLY: Final = re.compile(
    r"flux|seedream|recraft|riverflow|grok-.*imagine|imagine-image|mai-image", re.IGNORECASE
)
_NEAR_ENOUGH: Final = 0.75


def author_of(slug: str) -> str:
    """Return the author in `author/model`, aliases (`~author/...`) included."""
    return slug.partition("/")[0].removeprefix("~").lower()


def is_claude(slug: str) -> bool:
    """Tell whether the slug names a model of Anthropic."""
    return author_of(slug) == "anthropic"


def is_gemini(slug: str) -> bool:
    """Tell whether the slug names a Gemini model."""
    return author_of(slug) == "google" and "gemini" in slug.lower()


def is_kimi(slug: str) -> bool:
    """Tell whether the slug names a Kimi model."""
    return author_of(slug) == "moonshotai"


def is_image_only(slug: str) -> bool:
    """Tell whether the slug is of a family that answers with pictures and never with text."""
    return bool(_IMAGE_ONLY.search(slug))


def supports_json_object(slug: str) -> bool:
    """Tell whether `response_format: json_object` is more than a hint to this model.

    Claude takes it and answers in prose or fences all the same: use a schema, or a prompt and a
    tolerant parser.
    """
    return not is_claude(slug)


def allows_prefill(slug: str) -> bool:
    """Tell whether a conversation may end with the assistant's own words.

    Claude refuses that from 4.6 on.
    """
    if not is_claude(slug):
        return True
    version = _CLAUDE.search(slug.lower())
    if version is None:
        return "latest" not in slug
    return (int(version[1]), int(version[2] or 0)) < _FIRST_WITHOUT_PREFILL


def suggest_model(slug: str, known: Iterable[str]) -> str | None:
    """Return the slug that is probably meant by an unknown one; None when nothing is near.

    Args:
        slug: refused as "not a valid model ID": dated, without its author, or misspelt.
        known: slugs the catalogue has; when empty, only what needs no catalogue is suggested.
    """
    slugs = sorted(known)
    wanted = slug.strip().lower()
    dateless = _with_author(_DATE.sub("", wanted))
    base, colon, variant = dateless.partition(":")
    successor = _SUCCESSORS.get(base)
    candidates = [dateless, base]
    if successor is not None:
        candidates = [f"{successor}{colon}{variant}", successor, *candidates]
    if not slugs:
        return candidates[0] if candidates[0] != wanted else None
    by_name = {name.lower(): name for name in slugs if name != slug}
    for candidate in candidates:
        if candidate in by_name:
            return by_name[candidate]
    return _nearest(base, by_name)


def _with_author(slug: str) -> str:
    """Put the author before a bare model name whose family is known."""
    if "/" in slug:
        return slug
    family = next((name for name in _AUTHORS if slug.startswith(name)), None)
    return slug if family is None else f"{_AUTHORS[family]}/{slug}"


def _nearest(slug: str, by_name: dict[str, str]) -> str | None:
    """Return the slug most like this one, of the same author first."""
    same = [name for name in by_name if author_of(name) == author_of(slug)]
    for pool in (same, list(by_name)):
        near = difflib.get_close_matches(slug, pool, n=1, cutoff=_NEAR_ENOUGH)
        if near:
            return by_name[near[0]]
    return None
