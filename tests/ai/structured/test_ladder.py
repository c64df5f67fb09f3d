"""Which call is made next, what each is told, and when to give up."""

import pytest

from ai.contracts.director import CreateScene
from ai.structured.ladder import NoValidAnswerError, Rung, Said, climb
from ai.structured.schema import Mode

STRICT = Rung("openai/gpt-5.1", Mode.STRICT)
LOOSE = Rung("openai/gpt-5.1", Mode.LOOSE)
OTHER = Rung("google/gemini-2.5-flash", Mode.PROMPT)
GOOD = '{"title": "Bus stop", "description": "She waits.", "location": null, "characters": null}'
FENCED = f"```json\n{GOOD}\n```"
BAD = '{"title": "", "description": "She waits."}'


class Model:
    """Says its lines one after another and remembers what it was asked."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.asked = []

    def __call__(self, rung, words):
        self.asked.append((rung, words))
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return (
            line if isinstance(line, Said) else Said(line, truncated=False, call_id=len(self.asked))
        )


def test_a_valid_answer_needs_one_call():
    model = Model(GOOD)

    answer = climb(CreateScene, ask=model, rungs=[STRICT, LOOSE])

    assert answer.value.title == "Bus stop"
    assert (answer.rung, answer.repairs) == (STRICT, ())
    assert model.asked == [(STRICT, None)]
    assert [(one.verdict, one.is_correction) for one in answer.tries] == [(None, False)]


def test_a_malformed_answer_is_repaired_without_another_call():
    model = Model(FENCED)

    answer = climb(CreateScene, ask=model, rungs=[STRICT])

    assert answer.repairs == ("fence",)
    assert len(model.asked) == 1


def test_a_wrong_answer_is_asked_for_again_with_its_errors_on_the_same_rung():
    model = Model(BAD, GOOD)

    answer = climb(CreateScene, ask=model, rungs=[STRICT, LOOSE])

    assert [rung for rung, _ in model.asked] == [STRICT, STRICT]
    assert model.asked[1][1] == (
        "Your answer was not accepted, because:\n"
        '- title: Text should have at least 1 characters (you wrote "")\n'
        "Keep what was right, change only what is listed, and invent nothing to fill a gap.\n"
        "Return the whole answer again as one JSON object, with no text before or after it."
    )
    assert [one.is_correction for one in answer.tries] == [False, True]


def test_after_the_correction_comes_the_next_rung_without_one():
    model = Model(BAD, "no", GOOD)

    answer = climb(CreateScene, ask=model, rungs=[STRICT, OTHER])

    assert [rung for rung, _ in model.asked] == [STRICT, STRICT, OTHER]
    assert model.asked[2][1] is None
    assert answer.rung == OTHER


def test_no_more_calls_are_made_than_may_be_paid():
    model = Model(BAD, "no", BAD)

    with pytest.raises(NoValidAnswerError) as failure:
        climb(CreateScene, ask=model, rungs=[STRICT, LOOSE, OTHER])

    assert model.lines == []
    assert [one.said.text for one in failure.value.tries] == [BAD, "no", BAD]
    assert [one.verdict for one in failure.value.tries] == [
        'title: Text should have at least 1 characters (you wrote "")',
        "there is no complete JSON object in the answer",
        'title: Text should have at least 1 characters (you wrote "")',
    ]


@pytest.mark.parametrize("max_paid", [1, 2, 4])
def test_the_number_of_calls_is_the_callers_choice(max_paid):
    model = Model(*[BAD] * max_paid)

    with pytest.raises(NoValidAnswerError):
        climb(CreateScene, ask=model, rungs=[STRICT, LOOSE], max_paid=max_paid)

    assert len(model.asked) == max_paid


def test_a_truncated_answer_is_not_accepted_however_good_it_looks():
    model = Model(Said(GOOD, truncated=True), GOOD)

    answer = climb(CreateScene, ask=model, rungs=[STRICT])

    assert len(answer.tries) == 2
    assert "cut off at the length limit" in (model.asked[1][1] or "")


def test_an_answer_with_a_part_missing_is_not_accepted():
    model = Model('{"title": "A", "description": "B", "location": "Bus st', GOOD)

    answer = climb(CreateScene, ask=model, rungs=[STRICT])

    assert answer.value.title == "Bus stop"
    assert answer.tries[0].verdict is not None
    assert "location" in answer.tries[0].verdict


def test_every_verdict_is_told_beside_its_answer():
    told = []

    climb(
        CreateScene,
        ask=Model(BAD, GOOD),
        rungs=[STRICT],
        on_verdict=lambda said, verdict: told.append((said.call_id, verdict is None)),
    )

    assert told == [(1, False), (2, True)]


def test_an_error_of_the_call_itself_passes_through():
    model = Model(ConnectionError("gone"))

    with pytest.raises(ConnectionError, match="gone"):
        climb(CreateScene, ask=model, rungs=[STRICT, OTHER])

    assert len(model.asked) == 1


def test_no_rungs_are_no_answer():
    with pytest.raises(NoValidAnswerError, match="in 0 calls"):
        climb(CreateScene, ask=Model(), rungs=[])
