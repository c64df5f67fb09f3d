"""A newcomer's client of the API: what it sends and reads is only what the documentation says."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

POLL_S: Final = 0.25
FINISHED: Final = ("succeeded", "failed", "cancelled")


class StepFailedError(Exception):
    """A step did not give what it must; the message says what was seen instead."""


@dataclass
class Api:
    """One token's view of the service."""

    base_url: str
    token: str = ""
    patience_s: float = 90.0
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=f"{self.base_url}/api/v1", timeout=70, trust_env=False)

    def call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 JSON
        """Make one request and return its JSON.

        Raises:
            StepFailedError: an error answer, with its problem document.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if "csrftoken" in self.http.cookies and not self.token:
            headers["X-CSRFToken"] = self.http.cookies["csrftoken"]
        try:
            answer = self.http.request(
                method, path, headers=headers | options.pop("headers", {}), **options
            )
        except httpx.HTTPError as exc:
            raise StepFailedError(f"{method} {path}: {type(exc).__name__}") from exc
        if answer.is_error:
            raise StepFailedError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 JSON
        """Read one resource."""
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:  # noqa: ANN401 JSON
        """Create or start something."""
        if body is not None:
            options["json"] = body
        return self.call("POST", path, **options)

    def all(self, path: str, **query: str) -> list[Any]:
        """Read a whole list, page by page."""
        page = self.get(path, limit=100, **query)
        rows: list[Any] = list(page["results"])
        while page["next"]:
            page = self.call("GET", page["next"])
            rows += page["results"]
        return rows

    def finish(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait until a job has ended well.

        Raises:
            StepFailedError: it failed, or is not finished when patience ends.
        """
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            now: dict[str, Any] = self.get(f"/jobs/{job['id']}/")
            if now["status"] in FINISHED:
                if now["status"] != "succeeded":
                    raise StepFailedError(f"job {now['id']} {now['status']}: {now['error']}")
                return now
            time.sleep(POLL_S)
        raise StepFailedError(
            f"job {job['id']} is still {now['status']} after {self.patience_s:.0f} s; "
            "is a worker running?"
        )


def must(fact: object, otherwise: str) -> None:
    """Check what was read back.

    Raises:
        StepFailedError: it is not so.
    """
    if not fact:
        raise StepFailedError(otherwise)
