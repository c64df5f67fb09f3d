"""The OpenAPI document and its page."""

import pytest
import yaml


@pytest.fixture(scope="module")
def document():
    from django.test import Client

    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)


def parameters(operation):
    return {(one["in"], one["name"]) for one in operation.get("parameters", [])}


def test_the_document_is_openapi_3_1_with_both_ways_to_come_in(document):
    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_operation_names_the_problem_as_its_default_answer(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.endswith(("/schema/", "/docs/")):
                continue
            content = operation["responses"]["default"]["content"]
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, path


def test_headers_stand_where_they_apply(document):
    one = document["paths"]["/api/v1/workspaces/{workspaceId}/"]
    many = document["paths"]["/api/v1/workspaces/"]

    assert ("header", "If-None-Match") in parameters(one["get"])
    assert ("header", "If-Match") in parameters(one["patch"])
    assert ("header", "If-Match") in parameters(one["delete"])
    assert ("header", "Idempotency-Key") in parameters(many["post"])
    assert ("path", "workspaceId") in parameters(one["get"])


def test_what_has_a_version_may_answer_304_and_takes_if_match(document):
    bible = document["paths"]["/api/v1/projects/{projectId}/bible/"]
    session = document["paths"]["/api/v1/session/"]

    assert ("header", "If-None-Match") in parameters(bible["get"])
    assert ("header", "If-Match") in parameters(bible["patch"])
    assert "content" not in bible["get"]["responses"]["304"]
    assert ("header", "If-Match") not in parameters(session["delete"])


def test_bodies_are_closed_and_free_maps_are_open(document):
    shapes = document["components"]["schemas"]

    bodies = {name for name in shapes if name.endswith("Request") and "properties" in shapes[name]}
    assert len(bodies) > 20
    assert all(shapes[name]["additionalProperties"] is False for name in bodies)
    assert shapes["BeatRequest"]["properties"]["shot"]["additionalProperties"] is True


def test_any_json_may_be_null(document):
    assert "oneOf" not in document["components"]["schemas"]["Job"]["properties"]["result"]


def test_a_list_is_described_as_a_page(document):
    listing = document["paths"]["/api/v1/workspaces/"]["get"]
    schema = listing["responses"]["200"]["content"]["application/json"]["schema"]
    page = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]

    assert {("query", "limit"), ("query", "cursor")} <= parameters(listing)
    assert page["required"] == ["results", "next", "previous"]
    assert page["properties"]["next"] == {"type": ["string", "null"], "format": "uri"}


def test_names_are_camel_case_everywhere(document):
    workspace = document["components"]["schemas"]["Workspace"]["properties"]

    assert {"createdAt", "secondMessage", "budgetUsd"} <= set(workspace)
    assert not [name for name in workspace if "_" in name]
    assert not [path for path in document["paths"] if "_" in path]


def test_merge_patches_are_described_for_patch_alone(document):
    operations = document["paths"]["/api/v1/workspaces/{workspaceId}/"]
    founding = document["paths"]["/api/v1/workspaces/"]["post"]

    assert set(operations["patch"]["requestBody"]["content"]) == {
        "application/json",
        "application/merge-patch+json",
    }
    assert set(founding["requestBody"]["content"]) == {"application/json"}


def test_the_page_shows_the_document(client):
    answer = client.get("/api/v1/docs/")

    assert answer.status_code == 200
    assert b"/api/v1/schema/" in answer.content
