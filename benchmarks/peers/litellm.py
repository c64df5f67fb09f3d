"""LiteLLM's proxy: one process, no database, an OpenAI-compatible provider behind it."""

import json
import secrets
from typing import Any, Final

import httpx

from benchmarks.peers.environment import python_environment
from benchmarks.peers.process import Peer

# The newest release whose proxy can be installed whole.
VERSION: Final = "1.106.2"


class LiteLLM(Peer):
    """The proxy in front of an upstream.

    Args:
        upstream_url: the base of an OpenAI-compatible API.
        model: what callers ask for, and what is asked of the upstream.
    """

    name = f"LiteLLM {VERSION}"
    path = "/chat/completions"

    def __init__(self, upstream_url: str, model: str) -> None:
        super().__init__()
        self._upstream_url, self._model = upstream_url, model
        self.token = f"sk-{secrets.token_hex(24)}"
        self.headers: dict[str, str] = {}

    def command(self) -> list[str]:
        """Write its configuration and start it as its manual says for production."""
        programs = python_environment("litellm", VERSION, extra="[proxy]")
        settings = self.folder / "config.yaml"  # YAML reads JSON
        settings.write_text(json.dumps(self._settings()), encoding="utf-8")
        return [
            str(programs / "litellm"), "--config", str(settings), "--host", "127.0.0.1",
            "--port", str(self.port), "--num_workers", "1",
        ]  # fmt: skip

    def environ(self) -> dict[str, str]:
        """Say little, ask nobody."""
        return {
            "LITELLM_MASTER_KEY": self.token,
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "NO_PROXY": "*",
        }

    def is_ready(self) -> bool:
        """Ask its own question for that."""
        url = f"http://127.0.0.1:{self.port}/health/readiness"
        try:
            return httpx.get(url, timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _settings(self) -> dict[str, Any]:
        provider = {
            "model": f"openai/{self._model}",
            "api_base": self._upstream_url,
            "api_key": "sk-or-x",
        }
        return {
            "model_list": [{"model_name": self._model, "litellm_params": provider}],
            "litellm_settings": {"telemetry": False, "num_retries": 0, "set_verbose": False},
        }
