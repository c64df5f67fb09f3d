"""Throw-away environments: a peer is installed once for each version, under `var/peers`."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from canvas.stack import BASE_DIR

FOLDER: Final = BASE_DIR / "var" / "peers"
INSTALL_S: Final = 900.0
_COMPLETE: Final = ".complete"
_SHOWN: Final = 300


class PeerError(Exception):
    """A peer did not run; the sentence says why."""


def python_environment(name: str, version: str, *, extra: str = "") -> Path:
    """Give the folder of the programs of a virtual environment that holds this package.

    Raises:
        PeerError: it could not be installed.
    """
    wanted = f"{name}{extra}=={version}"

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)], wanted)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", wanted], wanted)

    return _once(FOLDER / f"{name}-{version}", install) / "bin"


def node_package(name: str, version: str, *, package: str) -> Path:
    """Give the folder of an npm package that is installed under a prefix of its own.

    Raises:
        PeerError: it could not be installed.
    """
    wanted = f"{package}@{version}"

    def install(folder: Path) -> None:
        folder.mkdir(parents=True)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
        _run([program("npm"), "install", "--prefix", str(folder), *quiet, wanted], wanted)

    return _once(FOLDER / f"{name}-{version}", install) / "node_modules" / package


def program(name: str) -> str:
    """Find a program of this machine.

    Raises:
        PeerError: there is none.
    """
    found = shutil.which(name)
    if found is None:
        raise PeerError(f"{name} is not installed")
    return found


def _once(folder: Path, install: Callable[[Path], None]) -> Path:
    """Install unless it was done to the end before; half an installation is thrown away."""
    if not (folder / _COMPLETE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"  installing {folder.name} …", file=sys.stderr, flush=True)
        install(folder)
        (folder / _COMPLETE).touch()
    return folder


def _run(command: Sequence[str], wanted: str) -> None:
    try:
        subprocess.run(  # noqa: S603 our own commands
            command, capture_output=True, text=True, check=True, timeout=INSTALL_S
        )
    except subprocess.CalledProcessError as exc:
        lines = (exc.stderr or exc.stdout).strip().splitlines()
        last = lines[-1][:_SHOWN] if lines else f"exit code {exc.returncode}"
        raise PeerError(f"{wanted} could not be installed: {last}") from exc
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise PeerError(f"{wanted} could not be installed: {type(exc).__name__}") from exc
