"""The line that exports of some plans carry. Which plans do is data; see `Plan.watermark`."""

from typing import Final

LINE: Final = "Made with Scene Canvas"


def line_for(*, is_marked: bool) -> str:
    """Give the line, or "" for a plan whose exports carry none."""
    return LINE if is_marked else ""
