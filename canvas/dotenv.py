"""Write `.env` from `.env.example` with a random secret key; an existing one stays as it is."""

import secrets
import sys
from pathlib import Path
from typing import Final

BASE_DIR: Final = Path(__file__).resolve().parent.parent


def write(folder: Path = BASE_DIR) -> bool:
    """Write the file, readable by its owner only; say whether it was written."""
    path = folder / ".env"
    text = (folder / ".env.example").read_text(encoding="utf-8")
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_text(
        text.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(48)}\n", 1),
        encoding="utf-8",
    )
    return True


if __name__ == "__main__":
    sys.stdout.write("Wrote .env with a random secret key.\n" if write() else "Kept .env.\n")
