"""A model that falls into a loop writes the same thing until it is cut; that is no answer."""

import pytest

from ai.models import Outline as StoredOutline
from ai.models import UpstreamCall
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline


def looping(times):
    return OUTLINE | {"scenes": OUTLINE["scenes"] * times}


@pytest.mark.parametrize("times", [4, 500])
def test_an_outline_that_repeats_a_scene_is_refused_and_asked_again(
    api, project, openrouter, times
):
    job_id = outline(api, project)
    openrouter.will_answer(looping(times))
    openrouter.will_answer(OUTLINE)

    done = run(job_id)

    first, second = UpstreamCall.objects.order_by("created_at", "id")
    assert done.status == "succeeded"
    assert f"{times} scenes are the same" in first.verdict
    assert (first.status, second.verdict) == ("settled", "")
    assert len(StoredOutline.objects.get().content["scenes"]) == 1


def test_a_scene_may_come_back(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(looping(3))

    done = run(job_id)

    assert (done.status, done.result["scenes"]) == ("succeeded", 3)


def test_an_outline_that_only_repeats_is_no_answer_and_leaves_nothing(api, project, openrouter):
    job_id = outline(api, project)
    for _ in range(3):
        openrouter.will_answer(looping(500))

    done = run(job_id)

    assert (done.status, done.error["code"]) == ("failed", "no-valid-answer")
    assert UpstreamCall.objects.count() == 3
    assert not StoredOutline.objects.exists()
