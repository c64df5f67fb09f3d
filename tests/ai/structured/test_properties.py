"""Any value that a contract takes survives every mangling that loses nothing."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai.contracts.director import CreateScene
from ai.contracts.vision import ImageAnalysis
from ai.structured.arguments import ArgumentsError, tool_arguments
from ai.structured.recover import recover
from tests.ai.structured import mangles

# Letters, marks and the signs of JSON itself, in any order; no quotes, which some manglings use up.
SIGNS = st.sampled_from("abcXYZ äßé漢🎬 0123456789 ,.:;!?-\u2013()[]{}#/*<>&%=+_~^|@'\n\t")
WORDS = st.text(SIGNS, max_size=40).map(lambda text: f"w{text}".strip())
PLAIN = st.text(st.sampled_from("abcXYZäßé漢 0123456789,.:;!?-\u2013()%"), max_size=40).map(
    lambda text: f"w{text}".strip()
)
ANY = st.text(max_size=60).map(lambda text: f"w{text}".strip())

QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def scenes(text):
    return st.builds(
        lambda title, description, location, characters: CreateScene(
            title=title, description=description, location=location, characters=characters
        ),
        text,
        text,
        st.none() | text,
        st.none() | st.lists(text, max_size=3),
    )


def pictures(text):
    colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
    return st.builds(
        lambda label, mood, tags, palette, category: ImageAnalysis(
            label=label,
            category=category,
            description=f"{mood}.",
            tags=[tag[:40].strip() for tag in tags],
            palette=palette,
            mood=mood,
            text_seen=None,
        ),
        text,
        text,
        st.lists(text, min_size=3, max_size=8),
        st.lists(colour, min_size=3, max_size=6),
        st.sampled_from(["character", "location", "prop", "style", "shot_ref"]),
    )


def wire(value):
    return value.model_dump(mode="json", by_alias=True)


@QUICK
@given(pictures(ANY) | scenes(ANY))
def test_strict_json_comes_back_unchanged(value):
    found = recover(mangles.tight(wire(value)), type(value))

    assert found is not None
    assert (found.value, found.repairs, found.dropped) == (value, (), ())


@QUICK
@given(pictures(ANY) | scenes(ANY), st.sampled_from(sorted({**mangles.FENCES, **mangles.ENCODING})))
def test_any_value_survives_fences_and_encodings(value, mangle):
    raw = mangles.ALL[mangle](wire(value))

    found = recover(raw, type(value))

    assert found is not None
    assert found.value == value


@QUICK
@given(pictures(WORDS) | scenes(WORDS), st.sampled_from(sorted({**mangles.PROSE, **mangles.KEYS})))
def test_any_words_survive_prose_and_renamed_keys(value, mangle):
    raw = mangles.ALL[mangle](wire(value))

    found = recover(raw, type(value))

    assert found is not None
    assert found.value == value


@QUICK
@given(pictures(PLAIN) | scenes(PLAIN), st.sampled_from(sorted(mangles.SYNTAX)))
def test_plain_words_survive_broken_syntax(value, mangle):
    raw = mangles.ALL[mangle](wire(value))

    found = recover(raw, type(value))

    assert found is not None
    assert found.value == value


@QUICK
@given(st.text(max_size=200))
def test_no_text_whatever_makes_the_reader_fail(text):
    for contract in (ImageAnalysis, CreateScene):
        found = recover(text, contract)
        assert found is None or isinstance(found.value, contract)
        assert isinstance(tool_arguments(text, contract), contract | ArgumentsError)


@QUICK
@given(st.text(st.sampled_from("{}[]\"':,\\ \nab1/*#`<>“”&;"), max_size=120))
def test_no_heap_of_signs_makes_the_reader_fail(text):
    assert recover(text, ImageAnalysis) is None
    assert recover("{" + text, ImageAnalysis) is None
