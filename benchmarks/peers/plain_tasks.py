"""A plain Celery task: one request to the upstream, nothing kept. Run by the plain workers."""

import json
import os
import threading
from pathlib import Path
from typing import Final

import httpx
from celery import Celery

BROKER: Final = "PLAIN_BROKER"
UPSTREAM: Final = "PLAIN_UPSTREAM"
QUESTION: Final = "PLAIN_QUESTION"
ASK: Final = "plain.ask"

app = Celery("plain", broker=os.environ.get(BROKER, "memory://"))
app.conf.task_ignore_result = True
_own: Final = threading.local()


@app.task(name=ASK)
def ask(name: str) -> None:
    """Ask the upstream and read its answer, with one client for each thread."""
    if not hasattr(_own, "http"):
        _own.question = json.loads(Path(os.environ[QUESTION]).read_text(encoding="utf-8"))
        headers = {"Authorization": "Bearer sk-or-x"}
        _own.http = httpx.Client(headers=headers, timeout=60, trust_env=False)
    url = f"{os.environ[UPSTREAM]}/chat/completions"
    _own.http.post(url, json={**_own.question, "session_id": name}).raise_for_status().json()
