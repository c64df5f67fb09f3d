"""What the OpenAPI document says of AI work."""

import pytest
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def paths():
    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


@pytest.mark.parametrize("path", ["projects/{projectId}/events/", "jobs/{jobId}/events/"])
def test_streams_are_documented_as_event_streams(paths, path):
    operation = paths[f"/api/v1/{path}"]["get"]

    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"Last-Event-ID", "after"} <= names


def test_uploads_are_documented_as_a_form_with_a_file(paths):
    operation = paths["/api/v1/projects/{projectId}/assets/"]["post"]

    assert list(operation["requestBody"]["content"]) == ["multipart/form-data"]
    assert set(operation["responses"]["201"]["headers"]) == {"Location"}


@pytest.mark.parametrize(
    "path",
    [
        "projects/{projectId}/messages/",
        "projects/{projectId}/outlines/",
        "assets/{assetId}/analyze/",
        "jobs/{jobId}/retry/",
    ],
)
def test_ai_work_answers_202_or_200_and_says_where_the_job_is(paths, path):
    operation = paths[f"/api/v1/{path}"]["post"]

    assert {"202", "200", "default"} == set(operation["responses"])
    assert "Location" in operation["responses"]["202"]["headers"]
    assert "Prefer" in {parameter["name"] for parameter in operation["parameters"]}
