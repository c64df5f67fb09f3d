"""Settings come from outside: all of them documented, all wrong ones named at once."""

import ast
import os
import re
import subprocess
import sys

from canvas import dotenv
from canvas.stack import BASE_DIR

READ = re.compile(r'env\.(?:text|secret|flag|number|seconds|names|folder|url)\(\s*"([A-Z_]+)"')
LISTED = re.compile(r"^#?([A-Z][A-Z_]+)=", re.MULTILINE)


def start(**environ):
    return subprocess.run(
        [sys.executable, "-c", f"from canvas import settings; {environ.pop('CODE', '')}"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_setting_is_in_the_example_and_nothing_else():
    read = set(READ.findall((BASE_DIR / "canvas" / "settings.py").read_text()))
    listed = LISTED.findall((BASE_DIR / ".env.example").read_text())

    assert len(listed) == len(set(listed))
    assert set(listed) == read


def test_every_setting_of_the_example_has_a_comment_above_it():
    lines = (BASE_DIR / ".env.example").read_text().splitlines()

    for number, line in enumerate(lines):
        if LISTED.match(line):
            above = [text for text in lines[:number][::-1] if not LISTED.match(text)]
            assert above[0].startswith("# "), line


def test_what_the_address_of_the_database_asks_for_stands_beside_our_own_options():
    done = start(
        SECRET_KEY="x" * 50, DATABASE_URL="postgresql://me@db/canvas?sslmode=require",
        CODE="print(settings.DATABASES['default']['OPTIONS'])",
    )  # fmt: skip

    options = ast.literal_eval(done.stdout)
    assert (options["sslmode"], options["pool"]["max_size"]) == ("require", 16)


def test_all_wrong_settings_are_named_in_one_message():
    done = start(
        SECRET_KEY="",
        DEBUG="maybe",
        JOB_LEASE_S="-1",
        WORKER_THREADS="many",
        DATABASE_URL="foo://x",
        CELERY_BROKER_URL="nonsense",
    )

    assert done.returncode != 0
    last = done.stderr[done.stderr.index("ImproperlyConfigured") :]
    for name in ("SECRET_KEY", "DEBUG", "JOB_LEASE_S", "WORKER_THREADS"):
        assert name in last
    assert "DATABASE_URL: must begin with one of sqlite://" in last
    assert "CELERY_BROKER_URL: must begin with one of embedded://" in last


def test_manage_py_names_them_too():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DEBUG": "maybe"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "  DEBUG: Not a valid boolean." in done.stderr


def test_a_secret_may_be_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from a file\n")

    done = subprocess.run(
        [sys.executable, "-c", "from canvas import settings; print(settings.SECRET_KEY)"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "SECRET_KEY_FILE": str(secret)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "from a file\n"


def test_the_env_file_is_written_once_with_a_random_key(tmp_path):
    (tmp_path / ".env.example").write_text("# A key.\nSECRET_KEY=\nDEBUG=false\n")

    first = dotenv.write(tmp_path)
    text = (tmp_path / ".env").read_text()
    second = dotenv.write(tmp_path)

    assert (first, second) == (True, False)
    key = re.search(r"^SECRET_KEY=(.+)$", text, re.MULTILINE)
    assert len(key[1]) >= 50
    assert "DEBUG=false" in text
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".env").read_text() == text
