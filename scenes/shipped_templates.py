"""The ten scene templates that a fresh installation has; from then on editors own them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Category = Literal["video", "image", "animation", "transition"]
Difficulty = Literal["beginner", "intermediate", "advanced"]
Three = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ShippedTemplate:
    """A starting point for a scene, field by field as the table of templates has it."""

    key: str
    name: str
    category: Category
    difficulty: Difficulty
    description: str
    default_prompt_slots: Mapping[str, Any]
    """In the keys of the wire; without aspect ratio and workflow, which are the scene's own."""
    tags: tuple[str, ...]
    recommended_models: tuple[str, ...] = field(default=())
    is_pro: bool = False


def _slots(
    subject: str,
    *,
    camera: Three,
    lighting: Three,
    style: tuple[str, str],
    influences: tuple[str, str],
) -> dict[str, Any]:
    """Name the parts: angle, movement, lens; mood, direction, colour; aesthetic, era."""
    return {
        "subject": subject,
        "camera": dict(zip(("angle", "movement", "lens"), camera, strict=True)),
        "lighting": dict(zip(("mood", "direction", "color"), lighting, strict=True)),
        "style": {"aesthetic": style[0], "era": style[1], "influences": list(influences)},
    }


SHIPPED_TEMPLATES: Final = (
    ShippedTemplate(
        key="cinematic-hero-shot",
        name="Cinematic Hero Shot",
        category="video",
        difficulty="beginner",
        description=(
            "Introduce a lead against a vast horizon: a slow push-in, low sun from behind and an "
            "anamorphic frame that makes one person look larger than life."
        ),
        default_prompt_slots=_slots(
            "hero standing on cliff edge at sunset",
            camera=("wide shot", "slow dolly push-in", "35mm anamorphic"),
            lighting=("golden hour", "backlit", "warm"),
            style=("cinematic", "modern"),
            influences=("Denis Villeneuve", "Roger Deakins"),
        ),
        tags=("hero", "epic", "sunset"),
    ),
    ShippedTemplate(
        key="product-showcase",
        name="Product Showcase",
        category="video",
        difficulty="beginner",
        description=(
            "Turn one object in clean studio light, close enough to read its material, for an "
            "advert or a title card."
        ),
        default_prompt_slots=_slots(
            "wristwatch rotating on a matte pedestal",
            camera=("close-up", "360 rotation", "50mm macro"),
            lighting=("studio lighting", "three-point", "neutral"),
            style=("commercial", "modern"),
            influences=("Dieter Rams", "Irving Penn"),
        ),
        tags=("product", "commercial", "studio"),
    ),
    ShippedTemplate(
        key="neon-noir",
        name="Neon Noir Street",
        category="video",
        difficulty="intermediate",
        description=(
            "Follow somebody through a wet street at night, where shop signs are the only light "
            "and every puddle doubles them."
        ),
        default_prompt_slots=_slots(
            "detective in a long coat walking through a rain-soaked alley of neon signs",
            camera=("medium shot", "tracking shot", "35mm"),
            lighting=("neon noir", "rim light", "vibrant purple and cyan"),
            style=("cyberpunk", "retro futuristic"),
            influences=("Ridley Scott", "Wong Kar-wai"),
        ),
        tags=("neon", "noir", "night"),
    ),
    ShippedTemplate(
        key="dreamy-portrait",
        name="Dreamy Portrait",
        category="image",
        difficulty="beginner",
        description=(
            "Hold a face in soft daylight with a shallow focus and pastel air around it, for a "
            "memory, a longing or a poster."
        ),
        default_prompt_slots=_slots(
            "young woman with closed eyes among drifting blossom",
            camera=("close-up portrait", "static", "85mm"),
            lighting=("soft diffused", "front natural light", "warm pastel"),
            style=("dreamy", "modern"),
            influences=("Sofia Coppola", "Tim Walker"),
        ),
        tags=("portrait", "soft", "pastel"),
    ),
    ShippedTemplate(
        key="action-sequence",
        name="Action Sequence",
        category="video",
        difficulty="intermediate",
        description=(
            "Run with the chase: a handheld wide lens in the middle of it, hard noon sun and no "
            "time to look away."
        ),
        default_prompt_slots=_slots(
            "courier sprinting across rooftops with pursuers close behind",
            camera=("dynamic POV", "handheld chase", "wide angle 24mm"),
            lighting=("harsh sunlight", "top-down noon", "high contrast"),
            style=("action", "modern"),
            influences=("Kathryn Bigelow", "George Miller"),
        ),
        tags=("action", "chase", "handheld"),
    ),
    ShippedTemplate(
        key="cozy-interior",
        name="Cozy Interior",
        category="image",
        difficulty="beginner",
        description=(
            "Settle into a lived-in room where late light falls through the window and every "
            "object has been there for years."
        ),
        default_prompt_slots=_slots(
            "reading nook with a worn armchair, a steaming cup of tea and shelves of old books",
            camera=("wide interior shot", "static", "24mm"),
            lighting=("warm ambient", "window light", "warm golden"),
            style=("cozy", "vintage"),
            influences=("Nancy Meyers", "Carl Larsson"),
        ),
        tags=("interior", "warm", "home"),
    ),
    ShippedTemplate(
        key="music-video-vibe",
        name="Music Video Aesthetic",
        category="video",
        difficulty="intermediate",
        description=(
            "Put a performer under coloured spots and move in on the beat, bold enough to work "
            "without sound."
        ),
        default_prompt_slots=_slots(
            "singer performing in a haze of smoke on a mirrored stage",
            camera=("close-up", "slow push-in", "50mm"),
            lighting=("theatrical", "colored spotlights", "vibrant contrasting"),
            style=("music video", "modern"),
            influences=("Hype Williams", "Melina Matsoukas"),
        ),
        tags=("music", "performance", "colorful"),
    ),
    ShippedTemplate(
        key="documentary-style",
        name="Documentary Real",
        category="video",
        difficulty="beginner",
        description=(
            "Watch people at their work as they are: an observing camera, the light of the room "
            "and nothing arranged."
        ),
        default_prompt_slots=_slots(
            "baker shaping loaves before dawn in a small village bakery",
            camera=("medium shot", "handheld observational", "35mm"),
            lighting=("natural window light", "side light", "neutral realistic"),
            style=("documentary", "modern"),
            influences=("Agnes Varda", "Frederick Wiseman"),
        ),
        tags=("documentary", "realistic", "natural"),
    ),
    ShippedTemplate(
        key="fantasy-landscape",
        name="Fantasy Landscape",
        category="image",
        difficulty="advanced",
        description=(
            "Open a world in one frame: impossible scale, twilight that glows and a way for the "
            "eye to travel in."
        ),
        default_prompt_slots=_slots(
            "floating islands with waterfalls above an endless valley",
            camera=("wide establishing", "static", "wide angle"),
            lighting=("magical twilight", "dramatic rays", "purple and blue gradient"),
            style=("fantasy", "timeless"),
            influences=("Hayao Miyazaki", "Caspar David Friedrich"),
        ),
        tags=("fantasy", "landscape", "worldbuilding"),
    ),
    ShippedTemplate(
        key="smooth-transition",
        name="Smooth Transition",
        category="transition",
        difficulty="intermediate",
        description=(
            "Carry one scene into the next with a whip pan, the light and colour of both sides "
            "matched so that the cut disappears."
        ),
        default_prompt_slots=_slots(
            "whip pan from a crowded train platform into an empty field at the same hour",
            camera=("medium shot", "fast whip pan", "35mm"),
            lighting=("matching between scenes", "consistent", "color-matched"),
            style=("seamless", "modern"),
            influences=("Edgar Wright", "Alejandro G. Iñárritu"),
        ),
        tags=("transition", "whip pan", "seamless"),
    ),
)
