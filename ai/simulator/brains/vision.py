"""Say what a measured picture shows, as far as measures can tell, and no more."""

from typing import Final

from ai.simulator.brains.facts import Facts
from ai.simulator.brains.pictures import Seen
from ai.simulator.brains.vocabulary import words
from ai.simulator.brains.words import COLOURS

_DARK: Final = 0.35
_BRIGHT: Final = 0.65
_DULL: Final = 0.2
_VIVID: Final = 0.55
_WARM: Final = 0.06
_SOFT: Final = 0.25
_HARD: Final = 0.5
_BUSY: Final = 0.12
_PORTRAIT: Final = 0.85
_WIDE: Final = 1.5
_CENTRED: Final = 0.12
_LEAST_COLOURS: Final = 3
_NAMED: Final = sorted(
    words(
        "black white red green blue yellow orange purple pink brown grey teal cyan gold "
        "navy cream olive crimson indigo rust"
    )
)
_MOODS: Final = {
    ("dark", "dull"): "somber",
    ("dark", "plain"): "moody",
    ("dark", "vivid"): "intense",
    ("even", "dull"): "quiet",
    ("even", "plain"): "calm",
    ("even", "vivid"): "lively",
    ("bright", "dull"): "airy",
    ("bright", "plain"): "serene",
    ("bright", "vivid"): "joyful",
}


def picture_facts(seen: Seen) -> Facts:
    """Return everything a schema may ask about a picture."""
    light, colour, warmth = _light(seen), _colour(seen), _warmth(seen)
    category, shape = _category(seen), _shape(seen)
    main = colour_name(seen.palette[0])
    second = colour_name(seen.palette[1]) if len(seen.palette) > 1 else main
    mood = _MOODS[light, colour]
    description = (
        f"A {shape} picture, {_light_word(light)}, mostly {main}"
        f"{f' with {second}' if second != main else ''}. "
        f"{_contrast(seen).capitalize()} contrast, {warmth} colours, "
        f"{'busy' if seen.edges > _BUSY else 'clear'} surfaces (simulated)."
    )
    tags = list(
        dict.fromkeys([main, light if light != "even" else "balanced", warmth, shape, mood])
    )
    return Facts(
        {
            "label": f"{main} {shape} picture".capitalize(),
            "title": f"{main} {shape} picture".capitalize(),
            "name": f"{main} {shape} picture".capitalize(),
            "description": description,
            "summary": description,
            "category": category,
            "tags": tags[:5],
            "palette": _at_least(seen.palette),
            "color": seen.palette[0],
            "mood": mood,
            "moods": [mood],
            "tone": mood,
            "visual_style": f"{_contrast(seen)} contrast, {warmth}",
            "aspect": shape,
            "brightness": seen.brightness,
            "contrast": seen.contrast,
            "saturation": seen.saturation,
            "temperature": warmth,
            "confidence": 0.5,
            "text_seen": None,
            "urls": [],
        }
    )


def picture_words(seen: Seen) -> str:
    """Describe a picture in plain words."""
    facts = picture_facts(seen)
    return f"{facts.get('description')} {', '.join(seen.palette)}"


def colour_name(code: str) -> str:
    """Return the plain name nearest to a `#rrggbb`."""
    here = _channels(code)
    return min(
        _NAMED,
        key=lambda name: sum(
            (a - b) ** 2 for a, b in zip(here, _channels(COLOURS[name]), strict=True)
        ),
    )


def _channels(code: str) -> tuple[int, ...]:
    """Return red, green and blue of a `#rrggbb`."""
    return tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))


def _at_least(palette: list[str]) -> list[str]:
    """Complete a palette of a flat picture with lighter and darker steps of its own colours."""
    full = list(palette)
    step = 0
    while len(full) < _LEAST_COLOURS:
        step += 1
        shaded = tuple(
            max(0, round(channel * (1 - 0.25 * step))) for channel in _channels(palette[0])
        )
        lighter = tuple(
            min(255, round(channel + (255 - channel) * 0.25 * step))
            for channel in _channels(palette[0])
        )
        for colour in (shaded, lighter):
            code = "#{:02x}{:02x}{:02x}".format(*colour)
            if code not in full and len(full) < _LEAST_COLOURS:
                full.append(code)
    return full


def _light(seen: Seen) -> str:
    """Name the lightness."""
    if seen.brightness < _DARK:
        return "dark"
    return "bright" if seen.brightness > _BRIGHT else "even"


def _light_word(light: str) -> str:
    """Say the lightness inside a sentence."""
    return {"dark": "low in light", "bright": "full of light", "even": "evenly lit"}[light]


def _colour(seen: Seen) -> str:
    """Name the saturation."""
    if seen.saturation < _DULL:
        return "dull"
    return "vivid" if seen.saturation > _VIVID else "plain"


def _warmth(seen: Seen) -> str:
    """Name the colour temperature."""
    if abs(seen.warmth) < _WARM:
        return "neutral"
    return "warm" if seen.warmth > 0 else "cool"


def _contrast(seen: Seen) -> str:
    """Name the contrast."""
    if seen.contrast < _SOFT:
        return "soft"
    return "hard" if seen.contrast > _HARD else "moderate"


def _shape(seen: Seen) -> str:
    """Name the format."""
    if seen.aspect < _PORTRAIT:
        return "portrait"
    return "wide" if seen.aspect >= _WIDE else "square"


def _category(seen: Seen) -> str:
    """Guess the use: upright with something in the middle is a person, wide is a place."""
    if seen.aspect < _PORTRAIT and seen.centred >= _CENTRED:
        return "character"
    if seen.aspect >= _WIDE:
        return "location"
    if seen.centred >= _CENTRED:
        return "prop"
    return "shot_ref"
