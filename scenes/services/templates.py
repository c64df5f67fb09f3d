"""Scenes that start from a template."""

from collections.abc import Mapping
from typing import Any

from canvas.core.errors import Fault, Invalid
from canvas.core.patch import merge_patch
from scenes.models import OriginKind, Project, Scene, SceneTemplate
from scenes.services.changes import Actor, recording
from scenes.services.scenes import add_scene


def add_scene_from(
    *,
    template_id: str,
    project: Project,
    by: Actor,
    title: str | None = None,
    prompt_slots: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 columns of Scene
) -> Scene:
    """Add a scene with a template's title, slots and first recommended model.

    What the caller names stands over the template; its slots are a patch over the template's.

    Raises:
        Unaffordable: `quota-exhausted`, the plan's scenes are used up.
        Invalid: `unknown-template`, or a value breaks its rule.
    """
    template = _template(template_id)
    models = template.recommended_models
    with recording(
        project_id=project.pk, by=by, summary=f"Added scene “{title or template.name}”"
    ) as act:
        return add_scene(
            project=project,
            by=by,
            title=title or template.name,
            prompt_slots=merge_patch(template.default_prompt_slots, prompt_slots or {}),
            **{
                "selected_model": models[0] if models else "",
                "origin": {**act.origin(), "kind": OriginKind.TEMPLATE.value},
                **values,
            },
        )


def _template(key: str) -> SceneTemplate:
    template = SceneTemplate.objects.filter(pk=key).first()
    if template is None:
        detail = "There is no scene template with this id."
        fault = Fault("/templateId", "unknown-template", detail)
        raise Invalid(detail, code="unknown-template", faults=[fault])
    return template
