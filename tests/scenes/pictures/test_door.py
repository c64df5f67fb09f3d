"""The door as others use it: hostile files, and children that die."""

import os
import signal
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from scenes.pictures import children
from scenes.pictures.door import (
    DEFAULT_LIMITS,
    Limits,
    PictureRefusedError,
    read_picture,
    shutdown,
)
from tests.scenes.pictures.made import (
    MARK,
    chunk,
    corners,
    decoded,
    encoded,
    jpeg_of_scans,
    jpeg_resized,
    noise,
    png_header,
    png_with,
    shows_corners,
    webp_canvas,
)

ROOT = Path(__file__).resolve().parents[3]
GOOD = encoded(corners(), "JPEG", quality=95)


@pytest.fixture(autouse=True, scope="module")
def _no_child_left():
    yield
    shutdown()


def refusal_of(data, limits=DEFAULT_LIMITS):
    with pytest.raises(PictureRefusedError) as refusal:
        read_picture(data, limits=limits)
    return refusal.value.code


def idle_pids():
    return children._pools[-1].pids()


def has_ended(pid):
    """Say whether a process is gone or a zombie, within five seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_picture_passes_the_door():
    picture = read_picture(GOOD)

    assert (picture.format, picture.width_px, picture.height_px) == ("jpeg", 120, 80)
    assert shows_corners(decoded(picture.clean))
    assert shows_corners(decoded(picture.model_input))
    assert shows_corners(decoded(picture.thumbnail))
    assert [swatch.share for swatch in picture.palette] == pytest.approx([0.25] * 4, abs=0.01)


def test_the_child_says_what_this_process_would_say():
    from scenes.pictures.reading import read_here

    assert read_picture(GOOD) == read_here(GOOD, DEFAULT_LIMITS)


def test_the_next_picture_is_read_by_the_same_child():
    read_picture(GOOD)
    before = idle_pids()

    read_picture(GOOD)

    assert idle_pids() == before


# --- Files that are no pictures, or lie --------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="a line"),
        pytest.param(b"just words", id="text"),
        pytest.param(b"<!doctype html><img src=x onerror=alert(1)>", id="html"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", id="svg with a mark before it"),
        pytest.param(b"%PDF-1.7\n" + GOOD, id="pdf with a picture in it"),
        pytest.param(b"PK\x03\x04" + bytes(100), id="zip"),
        pytest.param(b"BM" + bytes(100), id="bitmap"),
        pytest.param(b"II*\0" + bytes(100), id="tiff"),
        pytest.param(b"8BPS\0\x01" + bytes(100), id="photoshop"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), id="heic"),
        pytest.param(b"\0\0\0\x18ftypisom\0\0\x02\0isommp41" + bytes(100), id="mp4"),
        pytest.param(zlib.compress(bytes(5000)), id="random"),
        pytest.param(b"GIF88a" + bytes(100), id="almost gif"),
        pytest.param(b"RIFF\x24\0\0\0WAVEfmt " + bytes(100), id="sound"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_content(data):
    assert refusal_of(data) == "not-a-picture"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"<svg/>", "SVG"),
    ],
)
def test_a_refusal_says_what_the_file_is(data, word):
    with pytest.raises(PictureRefusedError, match=word):
        read_picture(data)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_picture_cut_short_is_refused(format_name, part):
    data = encoded(noise(200, 150), format_name)

    assert refusal_of(data[: int(len(data) * part)]) == "picture-truncated"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8\xff", id="jpeg"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"A" * 500, id="jpeg and nonsense"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="png"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"A" * 500, id="png and nonsense"),
        pytest.param(b"GIF89a", id="gif"),
        pytest.param(b"RIFF\0\0\0\0WEBP", id="webp"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X" + bytes(4), id="webp header cut"),
        pytest.param(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", id="avif"),
        pytest.param(png_header(0, 0), id="no pixels at all"),
        pytest.param(png_header(100, 100), id="too few pixels"),
    ],
)
def test_a_picture_of_a_header_only_is_refused(data):
    assert refusal_of(data) == "picture-truncated"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_header(50_000, 50_000), id="png"),
        pytest.param(png_header(12_001, 1), id="one long side"),
        pytest.param(png_header(6_400, 6_400), id="a little too much"),
        pytest.param(png_header(2**31 - 1, 2**31 - 1), id="png at its end"),
        pytest.param(webp_canvas(16_000_000, 16_000_000), id="webp"),
        pytest.param(jpeg_resized(65_535, 65_535), id="jpeg"),
        pytest.param(b"GIF89a" + b"\xff\xff" * 2 + bytes(3) + b"\x2c" + bytes(50), id="gif"),
    ],
)
def test_a_bomb_is_refused_by_its_header(data):
    assert refusal_of(data) == "picture-too-many-pixels"


def test_text_that_unpacks_without_end_is_refused():
    packed = zlib.compress(bytes(50_000_000))

    assert refusal_of(png_with(chunk(b"zTXt", b"Comment\0\0" + packed))) == "picture-too-complex"


def test_a_file_past_the_limit_is_refused_unread():
    limits = Limits(file_bytes=len(GOOD) - 1)

    assert refusal_of(GOOD, limits) == "picture-too-large"
    assert refusal_of(bytes(25 * 1024 * 1024 + 1)) == "picture-too-large"


def test_a_polyglot_leaves_its_other_half_behind():
    page = GOOD[:2] + b"\xff\xfe" + (len(MARK) + 2).to_bytes(2, "big") + MARK + GOOD[2:] + MARK

    picture = read_picture(page)

    assert shows_corners(decoded(picture.clean))
    assert not any(MARK in one for one in (picture.clean, picture.model_input, picture.thumbnail))


def test_a_film_of_a_thousand_frames_costs_one():
    others = [Image.new("RGB", (120, 80), (n % 256, n // 256, 0)) for n in range(1_000)]
    data = encoded(corners(), "GIF", save_all=True, append_images=others)

    assert shows_corners(decoded(read_picture(data).clean), by=24)


def test_noise_in_the_middle_of_a_picture_never_breaks_the_door():
    codes = set()
    for format_name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        whole = encoded(noise(90, 60), format_name)
        for at in range(12, len(whole), max(1, len(whole) // 25)):
            data = whole[:at] + zlib.compress(whole[:at])[-16:] + whole[at + 16 :]
            try:
                codes.add(read_picture(data).format)
            except PictureRefusedError as refusal:
                codes.add(refusal.code)

    assert "picture-truncated" in codes
    assert codes <= {
        "jpeg", "png", "webp", "gif", "avif",
        "not-a-picture", "picture-truncated", "picture-too-many-pixels", "picture-too-complex",
    }  # fmt: skip


# --- Limits, and children that die -------------------------------------------------------------


def test_a_picture_that_takes_too_long_is_refused_and_the_next_one_is_read():
    assert refusal_of(jpeg_of_scans(1_000), Limits(cpu_s=0.3)) == "picture-too-complex"

    assert read_picture(GOOD).format == "jpeg"


def test_a_picture_that_takes_too_much_memory_is_refused_and_the_next_one_is_read():
    data = encoded(corners(3_000, 2_000), "PNG", compress_level=1)

    assert refusal_of(data, Limits(memory_bytes=12_000_000)) == "picture-too-complex"
    assert read_picture(GOOD).format == "jpeg"
    assert read_picture(data).format == "png"


def test_a_child_that_hangs_is_ended_when_time_is_up():
    shutdown()
    read_picture(GOOD)
    (pid,) = idle_pids()
    os.kill(pid, signal.SIGSTOP)

    assert refusal_of(GOOD, Limits(wall_s=0.2)) == "picture-too-complex"

    assert has_ended(pid)
    assert read_picture(GOOD).format == "jpeg"


def test_a_child_killed_between_two_pictures_is_replaced():
    shutdown()
    read_picture(GOOD)
    (pid,) = idle_pids()

    os.kill(pid, signal.SIGKILL)

    assert read_picture(GOOD).format == "jpeg"
    assert pid not in idle_pids()


def test_a_child_killed_over_a_picture_is_replaced_and_the_picture_read():
    shutdown()
    read_picture(GOOD)
    (pid,) = idle_pids()
    os.kill(pid, signal.SIGSTOP)

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(read_picture, GOOD)
        while idle_pids():
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

        assert reading.result().format == "jpeg"


def test_a_child_whose_answer_nobody_waited_for_is_not_asked_again(monkeypatch):
    shutdown()
    read_picture(GOOD)
    (pid,) = idle_pids()

    def interrupted(_pipe):
        raise KeyboardInterrupt

    monkeypatch.setattr(children, "read_reply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_picture(encoded(Image.new("RGB", (7, 7)), "PNG"))
    monkeypatch.undo()

    assert has_ended(pid)
    assert read_picture(GOOD).width_px == 120


def test_many_threads_share_a_few_children():
    shutdown()
    sizes = [(40 + n, 30) for n in range(24)]
    files = [encoded(Image.new("RGB", size, "red"), "PNG") for size in sizes]

    with ThreadPoolExecutor(8) as threads:
        pictures = list(threads.map(read_picture, files))

    assert [(picture.width_px, picture.height_px) for picture in pictures] == sizes
    assert 1 <= len(idle_pids()) <= children.AT_ONCE


def test_the_child_holds_no_secret_and_no_framework(monkeypatch):
    monkeypatch.setenv("OPENROUTER_API_KEY", "not for the child")
    shutdown()

    read_picture(GOOD)

    (pid,) = idle_pids()
    assert b"not for the child" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert "/django/" not in Path(f"/proc/{pid}/maps").read_text()


def test_the_child_imports_pillow_and_nothing_of_the_house_but_the_door():
    code = "import sys, scenes.pictures.child; print('\\n'.join(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert {"PIL", "scenes"} <= tops
    assert not {"django", "rest_framework", "celery", "canvas", "ai", "pydantic"} & tops


def test_the_child_ends_with_its_parent_and_a_fork_has_children_of_its_own():
    code = """
import os, sys
from scenes.pictures import children, door
good = sys.stdin.buffer.read()
door.read_picture(good)
mine = children._pools[-1].pids()
if os.fork() == 0:
    door.read_picture(good)
    theirs = children._pools[-1].pids()
    os._exit(0 if theirs and not set(theirs) & set(mine) else 1)
print(os.waitstatus_to_exitcode(os.wait()[1]), door.read_picture(good).format, *mine, flush=True)
os._exit(0)
"""

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=GOOD, capture_output=True, check=True
    )

    forked, format_name, pid = done.stdout.decode().split()
    assert (forked, format_name) == ("0", "jpeg")
    assert has_ended(int(pid))
