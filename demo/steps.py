"""The steps of the main job; each reads its result back from the API and checks it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from demo.client import Api, StepFailedError, must
from demo.pictures import Reference

LONGEST_COLOUR_DISTANCE: Final = 60.0
TURNS: Final = (
    "Create a scene titled “The Empty Platform” at Harbour Station with Mara and Jonas.",
    "Remember the character Tilda: a lighthouse keeper's daughter with a red scarf.",
    "The mood is tense but tender, and the palette is teal, amber and charcoal. Please save that.",
)


@dataclass
class Facts:
    """What the demo has made, for the report."""

    script: Path
    references: list[Reference]
    account: dict[str, str]
    workspace: dict[str, Any] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)
    outline: dict[str, Any] = field(default_factory=dict)
    scenes: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    assets: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)


Step = Callable[[Api, Facts], str]


def sign_in(api: Api, facts: Facts) -> str:
    """Log in, make a workspace, and take a token of it."""
    api.token = ""
    credentials = {
        "username": facts.account["adminUser"],
        "password": facts.account["adminPassword"],
    }
    api.http.get("/me/")  # answers 401, and sets the cookie that a login has to show
    api.post("/session/", credentials)
    facts.workspace = api.post("/workspaces/", {"name": "Demo", "plan": "starter"})
    made = api.post(
        f"/workspaces/{facts.workspace['id']}/tokens/",
        {"name": "demo", "scopes": ["admin"]},
        headers={"X-Workspace": facts.workspace["id"]},
    )
    api.token = made["token"]
    me = api.get("/me/")
    must(me["workspace"]["id"] == facts.workspace["id"], f"/me/ names another workspace: {me}")
    return f"workspace {facts.workspace['id']}"


def start_project(api: Api, facts: Facts) -> str:
    """Make a project with the script's title."""
    title = _title(facts.script)
    made = api.post("/projects/", {"title": title})
    facts.project = api.get(f"/projects/{made['id']}/")
    must(facts.project["title"] == title, f"the project is called {facts.project['title']}")
    must(facts.project["sceneCount"] == 0, "a new project has scenes")
    return f"project “{title}”"


def propose_outline(api: Api, facts: Facts) -> str:
    """Have the screenplay outlined, as text."""
    try:
        text = facts.script.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise StepFailedError(f"{facts.script.name} is not a text in UTF-8") from exc
    path = f"/projects/{facts.project['id']}/outlines/"
    job = api.finish(api.post(path, {"source": "text", "text": text}))
    facts.jobs.append(job)
    facts.outline = api.get(f"/outlines/{job['result']['outlineId']}/")
    scenes = facts.outline["scenes"]
    must(facts.outline["status"] == "proposed", "the outline is not a proposal")
    must(scenes, "the outline has no scenes")
    must(all(s["title"].strip() and s["summary"].strip() for s in scenes), "a scene says nothing")
    must(not api.all(f"/projects/{facts.project['id']}/scenes/"), "a proposal changed the canvas")
    return f"outline #{facts.outline['number']}: {len(scenes)} scenes"


def accept_outline(api: Api, facts: Facts) -> str:
    """Accept the proposal, twice: the second time must change nothing."""
    path = f"/outlines/{facts.outline['id']}/accept/"
    once, twice = api.post(path, {}), api.post(path, {})
    must(once["status"] == "accepted" and once == twice, "accepting twice is not accepting once")
    facts.outline = once
    facts.scenes = api.all(f"/projects/{facts.project['id']}/scenes/")
    wanted = [scene["title"] for scene in once["scenes"]]
    found = [scene["title"] for scene in facts.scenes]
    must(found == wanted, f"the canvas has {found}, the outline {wanted}")
    facts.project = api.get(f"/projects/{facts.project['id']}/")
    must(facts.project["title"] == once["title"], "the project did not take the outline's title")
    must(facts.project["sceneCount"] == len(wanted), "the project counts other scenes")
    must([s["order"] for s in facts.scenes] == list(range(len(wanted))), "scenes out of order")
    beats = sum(len(api.all(f"/scenes/{scene['id']}/beats/")) for scene in facts.scenes)
    must(beats == sum(len(s["beats"]) for s in once["scenes"]), "beats were lost")
    return f"{len(found)} scenes, {beats} beats on the canvas"


def talk(api: Api, facts: Facts) -> str:
    """Hold three turns: a scene, a character and the look must come of them, through tools."""
    path = f"/projects/{facts.project['id']}"
    before = len(facts.scenes)
    for words in TURNS:
        posted = api.post(f"{path}/messages/", {"content": words})
        facts.jobs.append(api.finish(posted["job"]))
    facts.messages = api.all(f"{path}/messages/")
    facts.scenes = api.all(f"{path}/scenes/")
    facts.entries = api.all(f"{path}/bible/entries/")
    said = [m for m in facts.messages if m["role"] == "assistant" and m["content"].strip()]
    must(len(said) >= len(TURNS), f"{len(said)} answers to {len(TURNS)} messages")
    made = [s for s in facts.scenes[before:] if s["title"] == "The Empty Platform"]
    must(len(made) == 1, f"the new scenes are {[s['title'] for s in facts.scenes[before:]]}")
    must({"Mara", "Jonas"} <= set(made[0]["cast"]), f"its cast is {made[0]['cast']}")
    must("Harbour Station" in made[0]["location"], f"its place is {made[0]['location']!r}")
    must(made[0]["origin"].get("messageId"), "the scene does not say which message made it")
    tilda = [e for e in facts.entries if e["name"] == "Tilda" and e["category"] == "character"]
    must(len(tilda) == 1, f"the bible has {[e['name'] for e in facts.entries]}")
    must("red scarf" in tilda[0]["description"], f"Tilda is {tilda[0]['description']!r}")
    look = api.get(f"{path}/bible/")["aesthetic"]
    must(look["palette"] and look["mood"], f"the look is {look}")
    return f"{len(facts.messages)} messages, {len(facts.entries)} bible entries"


def show_pictures(api: Api, facts: Facts) -> str:
    """Upload the pictures and have each analysed; palettes must be near the known colours."""
    path = f"/projects/{facts.project['id']}/assets/"
    for reference in facts.references:
        made = api.post(path, files={"file": (reference.name, reference.data)})
        facts.jobs.append(api.finish(made["job"]))
        asset = api.get(f"/assets/{made['asset']['id']}/")
        for member in ("label", "description", "mood", "tags", "palette"):
            must(asset[member], f"{reference.name}: no {member} after the analysis")
        for colour in reference.colours:
            near = min(_distance(colour, other) for other in asset["palette"])
            must(
                near <= LONGEST_COLOUR_DISTANCE,
                f"{reference.name}: {colour} is not in {asset['palette']}",
            )
        thumbnail = api.http.get(urljoin(api.base_url, asset["thumbnailUrl"]))
        must(thumbnail.headers["content-type"] == "image/webp", "the thumbnail is not served")
        facts.assets.append(asset)
    return f"{len(facts.assets)} pictures described"


def read_ledger(api: Api, facts: Facts) -> str:
    """Read every job once more: ended, paid for, and saying whether it was simulated."""
    jobs = api.all("/jobs/", projectId=facts.project["id"])
    must({j["id"] for j in jobs} == {j["id"] for j in facts.jobs}, "jobs are missing in the list")
    must(all(j["status"] == "succeeded" for j in jobs), "a job did not succeed")
    must(all(j["costUsd"] is not None for j in jobs), "a job's cost is not known")
    must(all(j["model"] for j in jobs), "a job does not name its model")
    facts.jobs = jobs
    return f"{len(jobs)} jobs"


STEPS: Final[dict[str, Step]] = {
    "sign in": sign_in,
    "project": start_project,
    "outline": propose_outline,
    "accept": accept_outline,
    "chat": talk,
    "pictures": show_pictures,
    "ledger": read_ledger,
}


def _title(script: Path) -> str:
    """Take the title page's word for it, else the file's name."""
    for line in script.read_text(encoding="utf-8-sig", errors="replace").splitlines()[:20]:
        if line.lower().startswith("title:") and line[6:].strip():
            return line[6:].strip()[:200]
    return script.stem.replace("-", " ").replace("_", " ").title()


def _distance(one: str, other: str) -> float:
    """Euclidean distance of two hex colours in RGB, 0..441."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)
