"""Pictures: described by a model, measured by ourselves."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ai.models import UpstreamCall
from scenes.models import VisualAsset
from tests.ai.conftest import run

SEEN = {
    "label": "Landing in fog",
    "category": "location",
    "description": "A quay in fog. Yellow coat.",
    "tags": ["fog", "quay", "dawn"],
    "palette": ["#ffffff", "#000000", "#ff0000"],
    "mood": "quiet",
    "text_seen": None,
}


def upload(api, project, colour="#31464f"):
    target = BytesIO()
    Image.new("RGB", (400, 300), colour).save(target, "PNG")
    file = SimpleUploadedFile("landing.png", target.getvalue(), "image/png")
    answer = api.generic("POST", f"/api/v1/projects/{project.pk}/assets/", *multipart(file))
    assert answer.status_code == 201, answer.content
    return answer.json()


def multipart(file):
    boundary = "canvas"
    disposition = f'form-data; name="file"; filename="{file.name}"'
    head = f"Content-Disposition: {disposition}\r\nContent-Type: {file.content_type}"
    body = f"--{boundary}\r\n{head}\r\n\r\n".encode()
    body += file.read() + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def test_a_picture_is_described_and_the_measured_palette_stands(api, project, openrouter):
    made = upload(api, project)
    openrouter.will_answer(SEEN)

    job = run(made["job"]["id"])
    asset = api.get(f"/api/v1/assets/{made['asset']['id']}/").json()

    assert job.status == "succeeded", job.error
    assert (asset["label"], asset["category"], asset["mood"]) == (
        "Landing in fog", "location", "quiet",
    )  # fmt: skip
    assert asset["tags"] == ["fog", "quay", "dawn"]
    assert asset["palette"] == ["#31464f"]
    row = VisualAsset.objects.get()
    assert row.model_palette == ["#ffffff", "#000000", "#ff0000"]
    assert row.analyzed_at is not None


def test_the_model_is_sent_a_small_jpeg_and_no_word_of_the_file_is_an_instruction(
    api, project, openrouter
):
    made = upload(api, project)
    openrouter.will_answer(SEEN)

    run(made["job"]["id"])

    parts = openrouter.heard[0]["messages"][-1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"]
    assert parts[1]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")
    assert UpstreamCall.objects.get().images == 1


def test_an_analysis_that_is_no_analysis_changes_nothing_on_the_picture(api, project, openrouter):
    made = upload(api, project)
    for _ in range(3):
        openrouter.will_answer(SEEN | {"category": "sandwich"})

    job = run(made["job"]["id"])

    row = VisualAsset.objects.get()
    assert (job.status, job.error["code"]) == ("failed", "no-valid-answer")
    assert (row.label, row.description, row.analyzed_at) == ("", "", None)


def test_a_picture_that_was_deleted_meanwhile_ends_its_job_plainly(api, project, openrouter):
    made = upload(api, project)
    api.delete(f"/api/v1/assets/{made['asset']['id']}/")

    job = run(made["job"]["id"])

    assert (job.status, job.error["status"]) == ("failed", 404)
    assert openrouter.heard == []
