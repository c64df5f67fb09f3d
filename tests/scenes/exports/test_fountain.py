"""Fountain: exact bytes, and no text of people is read as something else than text."""

import re
from datetime import date
from time import perf_counter

import pytest

from scenes.exports.film import Beat, Film, Scene
from scenes.exports.fountain import write_fountain
from scenes.exports.watermark import LINE
from tests.hostile.naughty import STORABLE

DAY = date(2026, 11, 21)


def written(*scenes, title="Salt Roads", logline="", watermark=""):
    return write_fountain(Film(title, logline, scenes), made_on=DAY, watermark=watermark)


def body(scene):
    """Give the blocks behind the title page."""
    return written(scene).removesuffix("\n").split("\n\n")[1:]


SMALL = (
    Scene(
        title="The ferry",
        notes="Mara waits.\n\nFog.",
        location="Quay",
        cast=["Mara", "Jon"],
        slots={"lighting": {"timeOfDay": "night"}},
        beats=[
            Beat("She looks up.", purpose="It begins."),
            Beat("He nods.", shot={"character": "Jon", "dialogue": "Now.\n\nGo."}),
        ],
    ),
    Scene(title="INT. CABIN - DAY", location="Cabin"),
)


def test_a_small_film_has_exactly_this_text():
    assert written(*SMALL, logline="A crossing.") == (
        "Title: Salt Roads\n"
        "Draft date: 2026-11-21\n"
        "Notes:\n"
        "    A crossing.\n"
        "\n"
        ".QUAY - NIGHT #1#\n"
        "\n"
        "= The ferry\n"
        "\n"
        "[[Cast: Mara, Jon]]\n"
        "\n"
        "Mara waits.\n"
        "\n"
        "Fog.\n"
        "\n"
        "= It begins.\n"
        "\n"
        "She looks up.\n"
        "\n"
        "He nods.\n"
        "\n"
        "@Jon\n"
        "Now.\n"
        "  \n"
        "Go.\n"
        "\n"
        "INT. CABIN - DAY #2#\n"
    )


def test_the_watermark_stands_on_the_title_page_and_below_the_last_scene():
    with_line = written(Scene("Dawn"), logline="A crossing.", watermark=LINE)

    assert with_line == (
        "Title: Salt Roads\nDraft date: 2026-11-21\nNotes:\n    A crossing.\n"
        "    Made with Scene Canvas\n\n.DAWN #1#\n\n> Made with Scene Canvas <\n"
    )
    assert written(watermark=LINE) == (
        "Title: Salt Roads\nDraft date: 2026-11-21\nNotes:\n    Made with Scene Canvas\n\n"
        "> Made with Scene Canvas <\n"
    )


HEADINGS = {
    "title only": (Scene("Dawn"), ".DAWN #1#"),
    "location": (Scene("Dawn", location="Quay"), ".QUAY #1#"),
    "time is there already": (
        Scene("Dawn", location="Quay - night", slots={"lighting": {"timeOfDay": "Night"}}),
        ".QUAY - NIGHT #1#",
    ),
    "title is a heading": (Scene("Ext. quay - day", location="Quay"), "EXT. QUAY - DAY #1#"),
    "location is a heading": (
        Scene("Dawn", location="INT./EXT. Car", slots={"lighting": {"timeOfDay": "dusk"}}),
        "INT./EXT. CAR - DUSK #1#",
    ),
    "no letter in front": (Scene("“Home”"), ".SCENE 1: “HOME” #1#"),
    "an ellipsis": (Scene("...and then"), ".SCENE 1: ...AND THEN #1#"),
    "two lines": (Scene("One\n\nTWO"), ".ONE TWO #1#"),
    "only controls": (Scene("\x01\x1b"), ".SCENE 1 #1#"),
    "a number of its own": (Scene("Room #7#"), ".ROOM #7# #1#"),
    "not said when": (
        Scene("Dawn", slots={"lighting": {"timeOfDay": "unspecified"}}),
        ".DAWN #1#",
    ),
    "marks inside": (Scene("A *b* _c_ [[d]] /*e*/"), r".A \*B\* \_C\_ [ [D]] /\*E\*/ #1#"),
    "another script": (Scene("埠頭"), ".埠頭 #1#"),
}


@pytest.mark.parametrize(("scene", "heading"), HEADINGS.values(), ids=HEADINGS)
def test_a_heading_says_place_time_and_number(scene, heading):
    assert body(scene)[0] == heading


FORCED = {
    "a heading": "INT. CABIN - NIGHT",
    "a heading in small letters": "ext. the quay is empty",
    "a short heading": "i/e car",
    "a forced heading": ".SNIPER SCOPE POV",
    "forced action": "!BANG",
    "a forced cue": "@McCLANE",
    "a cue": "MARA",
    "a cue with an aside": "MARA (on the radio)",
    "a transition": "CUT TO:",
    "a forced transition": "> Burn to white.",
    "centred": "> The end <",
    "lyrics": "~Willy Wonka",
    "a section": "# Act I",
    "a synopsis": "= She waits.",
    "a page break": "===",
    "only brackets": "(beat)",
    "a script without small letters": "她等着。",
    "behind blanks": "   # Act I",
    "behind a mark without width": "\u200b# Act I",
    "an unclosed bracket": "MARA (and",
}


@pytest.mark.parametrize("line", FORCED.values(), ids=FORCED)
def test_a_line_that_would_be_misread_is_forced_to_be_action(line):
    scene = Scene("Dawn", notes=f"Mara waits.\n{line}\nThen she goes.")

    assert body(scene)[1] == f"Mara waits.\n!{line}\nThen she goes."


@pytest.mark.parametrize(
    "line",
    [
        "Mara waits.",
        "Title: a colon",
        "A... b",
        "Mara (MARA)",
        "She says NO.",
        "internal. Not ext.",
    ],
)
def test_plain_action_stays_as_it_is(line):
    assert body(Scene("Dawn", notes=line))[1] == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*loud* and _low_", r"\*loud\* and \_low\_"),
        ("a [[note]] b", "a [ [note]] b"),
        ("a [[[note]]] b", "a [ [ [note]]] b"),
        ("/* all of it", r"/\* all of it"),
        ("a\r\nb\rc\x0bd\x0ce\x1cf\x85g\u2028h\u2029i", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("a\x00\x07\x1b[31mb\tc", "a[31mb\tc"),
        ("\n\n  \na\n\n\nb  \n \n", "a\n\n\nb"),
    ],
)
def test_marks_and_controls_inside_a_text_mean_nothing(text, shown):
    assert "\n\n".join(body(Scene("Dawn", notes=text))[1:]) == shown


def test_no_name_ends_the_note_of_the_cast():
    assert body(Scene("Dawn", cast=["a]] # b", "c]"]))[1] == "[[Cast: a] ] # b, c] ]]"


@pytest.mark.parametrize(
    ("shot", "blocks"),
    [
        ({"character": "Jon ^", "dialogue": "Now."}, ["@Jon\nNow."]),
        ({"character": "Jon", "dialogue": "# Act II"}, ["Jon: # Act II"]),
        ({"character": "Jon", "dialogue": "INT. is short."}, ["Jon: INT. is short."]),
        ({"character": "^", "dialogue": "Now."}, ["^: Now."]),
        ({"character": "Jon", "dialogue": " "}, []),
        ({"character": " ", "dialogue": "Now."}, []),
        ({"character": {"a": 1}, "dialogue": ["Now."]}, []),
        ({"size": "wide"}, []),
    ],
)
def test_a_cue_stands_only_where_a_beat_has_words_that_stay_dialogue(shot, blocks):
    assert body(Scene("Dawn", beats=[Beat("He turns.", shot=shot)]))[2:] == blocks


def test_no_text_ends_the_title_page():
    shown = written(title="A\n\nB: *c*", logline="One\n\nTwo: three\x1b")

    assert shown == "Title: A B: \\*c\\*\nDraft date: 2026-11-21\nNotes:\n    One Two: three\n"


# A strict reader of what we write, made of the specification's own definitions.
KINDS = {
    "note": re.compile(r"\[\[[^\n]*\]\]"),
    "heading": re.compile(r"(?:\.[^\W_]|(?:INT|EXT|EST|INT\.?/EXT|I/E)[. ])[^\n]* #\d+#", re.I),
    "synopsis": re.compile(r"= [^\n]+"),
}


@pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
def test_a_naughty_text_is_action_wherever_it_stands(text):
    scene = Scene(text, notes=text, location=text, cast=[text], beats=[Beat(text, purpose=text)])
    shown = written(scene, Scene("Last"), title=text, logline=text)

    blocks = shown.removesuffix("\n").split("\n\n")
    assert blocks[0].startswith("Title: ")
    assert KINDS["heading"].fullmatch(blocks[1])
    assert blocks[-1] == ".LAST #2#"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", shown)
    for block in filter(None, blocks[2:-1]):
        if KINDS["synopsis"].fullmatch(block) or KINDS["note"].fullmatch(block):
            continue
        for line in filter(None, map(str.strip, block.split("\n"))):
            assert line[0] not in ".@>~#=", line
            assert "[[" not in line
            assert "/*" not in line
            assert line[0] == "!" or any(map(str.islower, line)), line


def test_a_hundred_thousand_hostile_letters_take_no_time():
    begun = perf_counter()
    for unit in ("(", ")", "[", "\n", "\t", "\u202e", "\u2066\u202a", "\u2069", ";\t", "a ("):
        scene = Scene("Dawn", notes=unit * (100_000 // len(unit)), cast=[unit * 1_000])
        assert written(scene).startswith("Title: Salt Roads")

    assert perf_counter() - begun < 5
