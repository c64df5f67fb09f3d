"""A service of one's own whose parts can be started again with other settings."""

import signal
from typing import Any

from tests.setups.acts import MESSAGE, OUTLINE
from tests.survival.machine import Machine


class Service(Machine):
    """The service on the set-up that the environment names, and what people do with it."""

    databases = "canvas_setups"

    def restart(self, part: str, **env: str) -> None:
        """Kill a part and start it again; `env` stands over its environment."""
        self.stack.kill_part(part, signal.SIGKILL)
        self.stack.parts[part].process.wait(10)
        self.stack.extra_env = {**self.env, **env}
        self.stack.start_part(part)
        self.stack.extra_env = self.env
        if part == "web":
            self.stack._await("web", f"{self.stack.base_url}/readyz", 60)

    def client_options(self) -> dict[str, Any]:
        """What an HTTP client needs to call the API as the account."""
        return {
            "base_url": f"{self.stack.base_url}/api/v1",
            "headers": {"Authorization": f"Bearer {self.account['token']}"},
            "timeout": 60,
            "trust_env": False,
        }

    def new_project(self) -> str:
        return self.call("POST", "/projects/", json={"title": "The Ferry"})["id"]

    def ask_for_outline(self, project: str) -> str:
        return self.call("POST", f"/projects/{project}/outlines/", json=OUTLINE)["id"]

    def say(self, project: str) -> str:
        body = self.call("POST", f"/projects/{project}/messages/", json=MESSAGE)
        return body["job"]["id"]

    def status_of(self, job_id: str) -> str:
        return self.call("GET", f"/jobs/{job_id}/")["status"]
