"""JSON Merge Patch."""

from collections.abc import Mapping
from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:  # noqa: ANN401 any JSON value
    """Apply a merge patch to a JSON value and return the result; neither input is changed.

    A member that is null in the patch is removed; lists are replaced whole.

    Source: RFC 7396, section 2.
    """
    if not isinstance(patch, Mapping):
        return patch
    merged: dict[str, Any] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
