"""The simulator as a process of its own, under many streams."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from ai.simulator.background import serving
from ai.simulator.settings import Settings
from tests.ai.simulator.conftest import MODEL, events, joined

ROOT = Path(__file__).resolve().parents[3]


def test_the_process_prints_its_address_writes_its_port_and_streams(tmp_path):
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "ai.simulator", "--port", "0", "--port-file", str(port_file)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        try:
            url = process.stdout.readline().strip()
            body = {
                "model": MODEL,
                "stream": True,
                "messages": [{"role": "user", "content": "Hello"}],
            }

            reply = httpx.post(
                f"{url}/chat/completions",
                json=body,
                headers={"Authorization": "Bearer x"},
                timeout=10,
            )

            assert url == f"http://127.0.0.1:{port_file.read_text().strip()}/api/v1"
            assert joined(events(reply.text)).startswith("(simulated) ")
        finally:
            process.send_signal(signal.SIGTERM)


def test_two_hundred_streams_at_once_are_all_whole():
    async def together(url):
        body = {
            "model": MODEL,
            "stream": True,
            "messages": [{"role": "user", "content": "Mara waits for the bus."}],
        }
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(
            headers={"Authorization": "Bearer x"}, limits=limits, timeout=20
        ) as client:
            return await asyncio.gather(
                *(client.post(f"{url}/chat/completions", json=body) for _ in range(200))
            )

    with serving(Settings(first_token_s=0.2, tokens_per_second=100)) as url:
        replies = asyncio.run(together(url))

    assert {joined(events(reply.text)) for reply in replies} == {joined(events(replies[0].text))}
    assert all(reply.text.endswith("[DONE]\n\n") for reply in replies)
    assert len({reply.headers["x-generation-id"] for reply in replies}) == 200
