"""Every fault in every way: by script, by header and by the model's name, plain and streamed."""

import json
import re
import uuid

import httpx
import pytest

from ai.simulator.background import serving
from ai.simulator.early import WAITS
from ai.simulator.faults import read_fault, read_text
from ai.simulator.kinds import KINDS
from ai.simulator.settings import Settings
from tests.ai.simulator.conftest import MODEL, TOOLS

TIMING = {"slow", "stall", "dribble", "late_usage", "generation_404"}
PARAMS = {
    "slow": {"seconds": 0.01},
    "stall": {"seconds": 0.01, "events": 1},
    "late_usage": {"seconds": 0.01},
    "blanks": {"bytes": 300_000},
    "dribble": {"bytes": 64},
    "ending": {"ending": 1},
    "comments": {"count": 5},
}
FORM = {
    "type": "json_schema",
    "json_schema": {
        "name": "x",
        "schema": {
            "type": "object",
            "properties": {"screen_title": {"type": "string"}, "tags": {"type": "string"}},
        },
    },
}
CALLS = {"tools": TOOLS, "said": "Create a scene titled Dawn. Create a scene titled Dusk."}
OVER = {
    "malformed_json": {"response_format": FORM, "said": "A courier. A letter."},
    "wrong_schema": {"response_format": FORM, "said": "A courier. A letter."},
    "wrong_tool": CALLS,
    "bad_picture": {
        "model": "google/gemini-3-pro-image-preview", "modalities": ["image", "text"],
        "image_config": {"image_size": "0.5K"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def client():
    with (
        serving(Settings(first_token_s=0, tokens_per_second=1e9)) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}, timeout=20) as client,
    ):
        yield client


def steady(raw: bytes) -> bytes:
    """Take out what differs from one answer to the next; the same id stays the same."""
    for number, name in enumerate(dict.fromkeys(re.findall(rb"(?:gen|call)-\d{10}-\w{20}", raw))):
        raw = raw.replace(name, b"id-%d" % number)
    return re.sub(rb"\b1[789]\d{8}(\d{3})?\b", b"0", raw)


def fetch(client, method, path, **over):
    """Return status, content type and body, or how the connection broke and what came before."""
    got = []
    try:
        with client.stream(method, path, **over) as reply:
            got = [reply.status_code, reply.headers.get("content-type", "")]
            for part in reply.iter_raw():
                got.append(part)
    except httpx.TransportError as exc:
        if isinstance(exc, httpx.ReadError):
            return ["reset"]  # the system may throw away what had arrived
        return ["broken", *got[:2], steady(b"".join(got[2:]))]
    return [*got[:2], steady(b"".join(got[2:]))]


def chat(client, kind, *, stream, suffix="", header=""):
    over = {"said": "Mara waits for the bus.", "model": MODEL} | OVER.get(kind, {})
    body = {"messages": [{"role": "user", "content": over.pop("said")}], "stream": stream} | over
    body["model"] += suffix
    headers = {"X-Sim-Fault": header} if header else {}
    return fetch(client, "POST", "/chat/completions", json=body, headers=headers)


def script(client, **fault):
    root = str(client.base_url).removesuffix("/api/v1/")
    assert client.post(f"{root}/__sim/faults", json={"faults": [fault]}).status_code == 200


def short(kind, how):
    name = f"{kind.replace('_', '-')}{f'-{how}' if how else ''}"
    return ";".join([name, *(f"{key}={value}" for key, value in PARAMS.get(kind, {}).items())])


def entry(kind, how):
    return {"kind": kind} | ({"how": how} if how else {}) | PARAMS.get(kind, {})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_the_same_through_each_door_and_changes_what_it_says(client, kind, stream):
    good = chat(client, kind, stream=stream)

    for how in KINDS[kind].ways or ("",):
        text = short(kind, how)
        by_suffix = chat(client, kind, stream=stream, suffix=f"~{text}")
        by_header = chat(client, kind, stream=stream, header=text)
        assert by_header == by_suffix, text
        if kind != "generation_404":  # a script keeps it for the look-up
            script(client, **entry(kind, how))
            assert chat(client, kind, stream=stream) == by_suffix, text
        assert (by_suffix[0] in ("broken", "reset")) is (kind == "cut"), text
        is_as_good = kind in TIMING or unseen(kind, how, stream=stream)
        assert (by_suffix == good) is is_as_good, text


@pytest.mark.parametrize("kind", KINDS)
def test_the_short_form_and_json_say_the_same(kind):
    for how in KINDS[kind].ways or ("",):
        spelled = {"times": None} | entry(kind, how)
        assert read_text(short(kind, how)) == read_text(json.dumps(spelled)) == read_fault(spelled)


def unseen(kind, how, *, stream):
    """Tell which faults leave this kind of reply as it is."""
    if KINDS[kind].where == "streams" or how == "tail_elsewhere":
        return not stream
    if kind == "bad_body":
        return stream
    return (kind, how) == ("mislabelled", "stream" if stream else "json")


@pytest.mark.parametrize("path", ["/models?limit=1", "/key", "/models/openai/gpt-4o/endpoints"])
@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].where == "every endpoint"])
def test_a_fault_acts_on_what_is_only_read_too(client, path, kind):
    good = fetch(client, "GET", path)

    for how in KINDS[kind].ways or ("",):
        text = short(kind, how)
        bad = fetch(client, "GET", path, headers={"X-Sim-Fault": text})
        assert (bad[0] in ("broken", "reset")) is (kind == "cut"), text
        is_as_good = kind in TIMING or (kind, how) == ("mislabelled", "json")
        assert (bad == good) is is_as_good, text


def test_the_picture_route_spoils_its_pictures_in_each_way(client):
    order = {"model": "black-forest-labs/flux.2-max", "prompt": "a red door", "resolution": "512"}
    good = fetch(client, "POST", "/images", json=order)

    assert good[0] == 200
    for how in KINDS["bad_picture"].ways:
        spoiled = order | {"model": f"{order['model']}~bad_picture-{how}"}
        assert fetch(client, "POST", "/images", json=spoiled) != good, how


@pytest.mark.parametrize(
    "text",
    [
        "explode", "status-often", "wrong_tool-upside_down", "empty-5", "{", '{"kind": "nothing"}',
        '{"kind": "refusal", "how": "loudly"}', "status-429;retry_form=later", "slow;times=x",
    ],
)  # fmt: skip
def test_what_is_no_fault_is_refused_by_name_and_not_billed(client, text):
    said = chat(client, "", stream=False, header=text)

    assert said[0] == 400
    assert json.loads(said[2])["error"]["code"] == 400


def test_a_fault_that_is_brought_along_can_be_used_up(client):
    run = uuid.uuid4().hex

    replies = [
        chat(client, "wrong_schema", stream=False, suffix=f"~wrong_schema;times=2;run={run}")
        for _ in range(3)
    ]

    documents = [
        json.loads(json.loads(reply[2])["choices"][0]["message"]["content"]) for reply in replies
    ]
    assert [set(document) for document in documents] == [
        {"tags"}, {"tags"}, {"screen_title", "tags"},
    ]  # fmt: skip


@pytest.mark.parametrize("form", WAITS)
def test_each_wait_can_be_asked_for_by_the_models_name(client, form):
    reply = client.post(
        "/chat/completions",
        json={
            "model": f"{MODEL}~status-429;retry_form={form};retry_after=9",
            "messages": [{"role": "user", "content": "Hello"}],
        },
    )

    said = {
        "header": reply.headers.get("retry-after"),
        "reset": reply.headers.get("x-ratelimit-reset"),
        "availability": "availability" in reply.json()["error"],
        "metadata": "headers" in reply.json()["error"]["metadata"],
    }
    exact = {
        "seconds": "9", "garbage": "soon, perhaps", "negative": "-9", "huge": "1000000000000",
        "fraction": "9.5",
    }  # fmt: skip
    assert reply.status_code == 429
    if form in exact:
        assert said["header"] == exact[form]
    if form in ("date", "past_date"):
        assert said["header"].endswith("GMT")
    assert (said["reset"] is not None) is (form == "reset_ms")
    assert said["availability"] is (form == "availability")
    assert said["metadata"] is (form == "metadata")
