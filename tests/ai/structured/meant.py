"""Values that a model meant, from which malformed answers are made."""

from ai.contracts.director import CreateScene, UpdateBible
from ai.contracts.outline import Outline, OutlineBeat, OutlineEntry, OutlineScene
from ai.contracts.vision import ImageAnalysis


def _scene(title: str, summary: str, location: str, beats: list[tuple[str, float]]) -> OutlineScene:
    return OutlineScene(
        title=title,
        summary=summary,
        location=location,
        time_of_day="night",
        characters=["Mara", "The Driver"],
        beats=[OutlineBeat(summary=text, duration_s=seconds) for text, seconds in beats],
        duration_s=sum(seconds for _, seconds in beats),
        purpose=f"It shows what {title.lower()} costs her.",
    )


OUTLINE = Outline(
    title="The Last Bus",
    logline="A night nurse must catch the last bus home, but the driver has sworn never to stop.",
    characters=[
        OutlineEntry(name="Mara", description="A nurse of forty in a green coat; tired, upright."),
        OutlineEntry(name="The Driver", description="Sixty, grey beard, eyes on the road."),
    ],
    locations=[
        OutlineEntry(name="Bus stop", description="A bench, one lamp, rain in the gutter."),
        OutlineEntry(name="Bus", description="Yellow light, fogged panes, {route 9} on the front."),
    ],
    scenes=[
        _scene(
            "Bus stop",
            "Mara waits: it's late, the lamp flickers, and nobody comes.",
            "Bus stop",
            [("Mara reads the timetable.", 12.5), ("The lamp dies, then returns.", 7)],
        ),
        _scene(
            "The ride",
            "She boards; the driver won't look at her, not once.",
            "Bus",
            [("She pays in coins.", 9), ("He counts them twice, slowly.", 14), ("They wait.", 5)],
        ),
        _scene("Morning", "The bus stands empty at dawn.", "Bus", [("Light fills the seats.", 20)]),
    ],
)

QUOTING = Outline(
    title='"Go," she said',
    logline='A sign that reads "STOP", a girl who won\'t, and a town called "Nowhere".',
    characters=[OutlineEntry(name='Ines "Ice" Moreau', description='Says "never" a lot.')],
    locations=[],
    scenes=[
        _scene(
            "The sign",
            'She whispers "no", then walks on.\nBehind her, the sign creaks: "STOP".',
            "Road",
            [('He shouts "wait" and falls.', 4), ("Dust — café «Zoé», 100 % still.", 6)],
        )
    ],
)

PICTURE = ImageAnalysis(
    label="Woman under a lamp",
    category="shot_ref",
    description="A woman stands alone under a street lamp. Rain draws lines across the dark.",
    tags=["rain", "night street", "lamp", "solitude"],
    palette=["#0b1d2a", "#ffcc66", "#1a1a1a"],
    mood="lonely, expectant",
    text_seen=None,
)

SIGN = ImageAnalysis(
    label="Café sign",
    category="prop",
    description="A neon sign over a door, half of it dark.",
    tags=["neon", "sign", "door"],
    palette=["#ff00aa", "#220011", "#ffffff", "#101010"],
    mood="wry",
    text_seen='OPEN "24/7" — don\'t knock',
)

SCENE = CreateScene(
    title="Bus stop",
    description="Mara waits in the rain, and the last bus is late.",
    location="Bus stop",
    characters=["Mara"],
)

BIBLE = UpdateBible.model_validate(
    {
        "characters": [
            {"name": "Mara", "description": "A nurse in a green coat.", "aliases": ["the nurse"]}
        ],
        "aesthetic": {
            "mood": ["wet", "tender"],
            "visualStyle": "35 mm, sodium light",
            "era": "1987",
        },
    }
)
