"""Portkey's gateway on Node, with the upstream as a custom host."""

from typing import Final

from benchmarks.peers.environment import node_package, program
from benchmarks.peers.process import Peer

VERSION: Final = "1.15.2"


class Portkey(Peer):
    """The gateway in front of an upstream.

    Args:
        upstream_url: the base of an OpenAI-compatible API.
    """

    name = f"Portkey {VERSION}"
    path = "/v1/chat/completions"
    token = "sk-or-x"  # noqa: S105 the upstream takes any; the gateway passes it on

    def __init__(self, upstream_url: str) -> None:
        super().__init__()
        self.headers = {
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": upstream_url,
        }

    def command(self) -> list[str]:
        """Start what its package ships."""
        package = node_package("portkey", VERSION, package="@portkey-ai/gateway")
        script = package / "build" / "start-server.js"
        return [program("node"), str(script), f"--port={self.port}", "--headless"]
