"""Documents as the web app keeps them: every member, in the shape of its types."""

from typing import Any

BORN = "2025-11-21T10:00:00.000Z"
LATER = "2025-11-21T10:05:30.250Z"


def slots(**over: Any) -> dict[str, Any]:
    return {
        "subject": "a lighthouse",
        "camera": {"angle": "low", "movement": "slow pan", "lens": "35mm", "shotType": "Wide"},
        "lighting": {"mood": "fog", "direction": "back", "color": "cold", "timeOfDay": "Night"},
        "style": {"aesthetic": "Film Noir", "era": "50s", "influences": ["Agnes Varda", ""]},
        "aspectRatio": "2.35:1",
        "workflow": "poster",
        "referenceImage": "https://example.com/still.jpg",
        "advanced": {"negativePrompt": "text", "weights": {"fog": 1.5}, "cfgScale": 7, "steps": 30},
        **over,
    }


def scene(number: int, **over: Any) -> dict[str, Any]:
    return {
        "id": f"scene-176371900000{number}",
        "order": number,
        "title": f"Scene {number}",
        "selectedModel": "midjourney/niji-v6",
        "promptSlots": slots(),
        "compiledPrompt": "whatever the client compiled",
        "generatedMedia": [
            {
                "id": "media-1",
                "url": "https://cdn.example.com/1.mp4",
                "timestamp": BORN,
                "status": "completed",
                "metadata": {"model": "veo", "duration": 4.5, "resolution": "1080p", "seed": 7},
            },
            {"id": "media-2", "url": "", "timestamp": BORN, "status": "processing"},
        ],
        "status": "refining",
        "versions": [
            {
                "id": "version-1",
                "prompt": "first",
                "thumbnail": "data:image/png;base64,AAAA",
                "timestamp": BORN,
                "notes": "too dark",
                "metadata": {"model": "veo"},
            },
            {"id": "version-2", "prompt": "second", "timestamp": BORN},
        ],
        "snapshots": [
            {
                "id": "snapshot-1",
                "prompt": "frozen",
                "notes": "client liked it",
                "createdAt": BORN,
                "promptSlots": slots(subject="a pier"),
            },
            {
                "id": "snapshot-2",
                "prompt": "",
                "thumbnail": "blob:1",
                "notes": "",
                "createdAt": BORN,
                "promptSlots": slots(),
            },
        ],
        "createdAt": BORN,
        "modifiedAt": LATER,
        "notes": "She waits.\n",
        **over,
    }


def entry(prefix: str, number: int, name: str, **over: Any) -> dict[str, Any]:
    return {"id": f"{prefix}_{number}", "name": name, "description": f"{name}, at length", **over}


def asset(number: int, **over: Any) -> dict[str, Any]:
    return {
        "id": f"176371900000{number}",
        "url": f"https://elsewhere.example.com/{number}.jpg",
        "category": "shot_ref",
        "label": "Uploaded Image",
        "description": "Fog over water.",
        "tags": ["fog", "fog"],
        "createdAt": BORN,
        **over,
    }


def bible(**over: Any) -> dict[str, Any]:
    return {
        "characters": [entry("char", 1, "Mara"), entry("char", 2, "Old Tam")],
        "locations": [entry("loc", 1, "Harbour")],
        "aesthetic": {"palette": ["#102030"], "mood": ["cold", "still"], "era": "1950s"},
        "visualAssets": [asset(1), asset(2, category="character")],
        **over,
    }


def project(**over: Any) -> dict[str, Any]:
    return {
        "id": "project-1763719000000",
        "title": "Salt Roads",
        "description": "A film about leaving.",
        "created": BORN,
        "modified": LATER,
        "scenes": [scene(0), scene(1), scene(2)],
        "globalStyle": {
            "palette": ["#102030"],
            "characterRefs": [
                {"name": "Mara", "description": "tall", "imageUrl": "https://example.com/m.jpg"},
                {"name": "Tam", "description": ""},
            ],
            "brandGuidelines": "none",
            "visualTheme": "salt",
            "consistencyNotes": "same coat",
        },
        "bible": bible(),
        "tags": ["short", "sea"],
        "isArchived": False,
        **over,
    }


def numbered(scenes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "order": order} for order, one in enumerate(scenes)]
