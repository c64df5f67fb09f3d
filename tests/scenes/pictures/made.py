"""Pictures made for the tests, the hostile ones byte by byte."""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageDraw

MARK = b"<script>payload-7f3a</script>"

UNTURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
CORNERS = {(0, 0): (220, 30, 30), (1, 0): (30, 200, 30), (0, 1): (30, 30, 220), (1, 1): (240,) * 3}


def encoded(image, format_name, **options):
    out = BytesIO()
    image.save(out, format_name, **options)
    return out.getvalue()


def decoded(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


def corners(width=120, height=80):
    """Red, green, blue and white quarters: every turn of it looks different."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for (x, y), colour in CORNERS.items():
        left, top = x * width // 2, y * height // 2
        draw.rectangle((left, top, left + width // 2 - 1, top + height // 2 - 1), fill=colour)
    return image


def stripes(colours, shares, size=(960, 640)):
    """Upright stripes of known colours, each as wide as its share."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    left = 0.0
    for colour, share in zip(colours, shares, strict=True):
        right = left + size[0] * share
        draw.rectangle((round(left), 0, round(right) - 1, size[1]), fill=colour)
        left = right
    return image


def lying(orientation, format_name, **options):
    """The corners as a camera stores them that was held in one of eight ways."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = UNTURNED[orientation]
    image = corners() if turn is None else corners().transpose(turn)
    return encoded(image, format_name, exif=exif, **options)


def noise(width, height):
    fine = Image.effect_noise((width, height), 60)
    return Image.merge("RGB", (fine, Image.linear_gradient("L").resize((width, height)), fine))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks, image=None):
    """A PNG with more chunks after its header."""
    data = encoded(image or corners(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def png_header(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def webp_canvas(width, height):
    body = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0])
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_resized(width, height):
    """A small JPEG whose header says that it is large."""
    data = bytearray(encoded(corners(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_of_scans(count, side=3_000):
    """A progressive JPEG whose last scan comes again and again."""
    data = encoded(corners(side, side), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + b"\xff\xd9"


def swapped_profile():
    """An ICC profile in which red is what sRGB calls green, and green is red."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    red, green = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971)
    tags = {
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(*green),
        b"gXYZ": xyz(*red),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    at = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", at + len(content), len(tag))
        content += tag
    header = struct.pack(
        ">I4sI4s4s4s", at + len(content), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ "
    )
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + content


def near(pixel, colour, by=14):
    return all(abs(one - other) <= by for one, other in zip(pixel[:3], colour, strict=True))


def shows_corners(image, by=14):
    """Say whether the four quarters are where they belong."""
    width, height = image.size
    rgb = image.convert("RGB")
    return all(
        near(rgb.getpixel(((1 + 2 * x) * width // 4, (1 + 2 * y) * height // 4)), colour, by)
        for (x, y), colour in CORNERS.items()
    )
