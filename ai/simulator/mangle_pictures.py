"""Spoil pictures: data that is none, types that lie, and answers without a picture."""

from dataclasses import replace
from typing import Final

from ai.simulator.answer import Answer
from ai.simulator.faults import Fault

_BLOCKED: Final = "The picture was blocked. (simulated)"


def spoil_pictures(answer: Answer, fault: Fault) -> Answer:
    """Spoil the pictures of an answer in the chat."""
    if fault.how == "none":
        return replace(answer, content="I can only describe it. (simulated)", images=[])
    if fault.how == "blocked":
        return replace(
            answer, content=_BLOCKED, images=[], finish_reason="content_filter",
            native="IMAGE_SAFETY",
        )  # fmt: skip
    return replace(answer, images=[spoil_url(url, fault.how) for url in answer.images])


def spoil_url(url: str, how: str) -> str:
    """Spoil one data URL."""
    head, _, body = url.partition(",")
    match how:
        case "address":
            return "https://pictures.example/simulated.png"
        case "no_type":
            return f"data:;base64,{body}"
        case "wrong_type":
            return f"data:image/gif;base64,{body}"
        case _:
            return f"{head},{spoil_base64(body, how)}"


def spoil_base64(body: str, how: str) -> str:
    """Spoil the characters of a picture."""
    match how:
        case "not_base64":
            return "***not base64***"
        case "not_a_picture":
            return "bm90IGEgcGljdHVyZSAoc2ltdWxhdGVkKQ=="
        case "truncated":
            return body[: len(body) // 2 // 4 * 4]
        case _:
            return body
