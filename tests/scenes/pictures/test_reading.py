"""What becomes of good and odd pictures; in this process, as the child does it."""

from hashlib import sha256

import pytest
from PIL import Image, ImageDraw

from scenes.pictures.decode import ROOMY_LIMIT_PX, SLOW_LIMIT_PX
from scenes.pictures.picture import DEFAULT_LIMITS, Limits, PictureRefusedError
from scenes.pictures.reading import read_here
from tests.scenes.pictures.made import (
    MARK,
    chunk,
    corners,
    decoded,
    encoded,
    lying,
    noise,
    png_with,
    shows_corners,
    stripes,
    swapped_profile,
)


def read(data, limits=DEFAULT_LIMITS):
    return read_here(data, limits)


def outputs(picture):
    return [picture.clean, picture.model_input, picture.thumbnail]


@pytest.mark.parametrize(
    ("format_name", "options", "kept_as"),
    [
        ("JPEG", {"quality": 95}, "image/jpeg"),
        ("PNG", {}, "image/png"),
        ("WEBP", {"quality": 95}, "image/jpeg"),
        ("GIF", {}, "image/png"),
        ("AVIF", {"quality": 95}, "image/jpeg"),
    ],
)
def test_each_kind_is_read_and_made_anew(format_name, options, kept_as):
    data = encoded(corners(), format_name, **options)

    picture = read(data)

    assert picture.format == format_name.lower()
    assert picture.content_type == f"image/{format_name.lower()}"
    assert (picture.width_px, picture.height_px) == (120, 80)
    assert picture.sha256 == sha256(data).hexdigest()
    assert picture.clean_content_type == kept_as
    assert [decoded(output).format for output in outputs(picture)] == [
        kept_as.removeprefix("image/").upper(),
        "JPEG",
        "WEBP",
    ]
    assert all(shows_corners(decoded(output)) for output in outputs(picture))
    assert data not in outputs(picture)


def test_a_png_loses_no_pixel():
    image = noise(300, 200)

    clean = decoded(read(encoded(image, "PNG")).clean)

    assert clean.tobytes() == image.tobytes()


def test_a_png_one_can_see_through_stays_so_and_the_models_copy_is_on_grey():
    image = corners().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))

    picture = read(encoded(image, "PNG"))

    clean = decoded(picture.clean)
    assert (picture.clean_content_type, clean.mode) == ("image/png", "RGBA")
    assert clean.tobytes() == image.tobytes()
    assert decoded(picture.thumbnail).getchannel("A").getextrema() == (0, 0)
    assert decoded(picture.model_input).getpixel((60, 40)) == (128, 128, 128)


def test_a_webp_one_can_see_through_stays_webp():
    image = corners().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 60, 40))

    picture = read(encoded(image, "WEBP", quality=95))

    assert picture.clean_content_type == "image/webp"
    assert decoded(picture.clean).getpixel((10, 10))[3] == 0
    assert decoded(picture.clean).getpixel((100, 70))[3] == 255


def test_an_alpha_channel_that_hides_nothing_is_dropped():
    picture = read(encoded(corners().convert("RGBA"), "PNG"))

    assert decoded(picture.clean).mode == "RGB"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_each_of_eight_orientations_comes_out_upright(format_name, orientation):
    picture = read(lying(orientation, format_name))

    assert (picture.width_px, picture.height_px) == (120, 80)
    for output in outputs(picture):
        assert decoded(output).size == (120, 80)
        assert shows_corners(decoded(output), by=24)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = read(encoded(corners(), "PNG", exif=exif))

    assert shows_corners(decoded(picture.clean))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_is_ignored():
    picture = read(encoded(corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40))

    assert shows_corners(decoded(picture.clean))


def test_exif_beyond_all_measure_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010E] = "x" * 2_000_000

    picture = read(png_with(chunk(b"eXIf", exif.tobytes()[6:])))

    assert shows_corners(decoded(picture.clean))


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_metadata_and_trailing_bytes_reach_no_output(format_name):
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    options = {
        "JPEG": {"exif": exif, "comment": MARK, "xmp": MARK, "icc_profile": swapped_profile()},
        "PNG": {"exif": exif, "icc_profile": swapped_profile(), "dpi": (300, 300)},
        "WEBP": {"exif": exif, "xmp": MARK, "icc_profile": swapped_profile()},
        "GIF": {"comment": MARK},
        "AVIF": {"exif": exif, "xmp": MARK},
    }[format_name]
    image = corners()
    if format_name == "GIF":
        image = image.quantize()
    data = encoded(image, format_name, **options) + b"PK\x03\x04" + MARK

    picture = read(data)

    for output in outputs(picture):
        assert MARK not in output
        assert b"PK\x03\x04" not in output
        again = decoded(output)
        assert dict(again.getexif()) == {}
        assert not {"exif", "icc_profile", "comment", "xmp", "dpi"} & set(again.info)


def test_text_chunks_of_a_png_reach_no_output():
    data = png_with(chunk(b"tEXt", b"Comment\0" + MARK), chunk(b"xxXx", MARK))

    assert not any(MARK in output for output in outputs(read(data)))


def test_a_colour_profile_is_applied():
    red = Image.new("RGB", (40, 40), (255, 0, 0))

    picture = read(encoded(red, "PNG", icc_profile=swapped_profile()))

    assert decoded(picture.clean).getpixel((20, 20)) == (0, 255, 0)
    assert [swatch.hex for swatch in picture.palette] == ["#00ff00"]


def test_a_colour_profile_is_applied_under_transparency_too():
    red = Image.new("RGBA", (40, 40), (255, 0, 0, 200))

    picture = read(encoded(red, "PNG", icc_profile=swapped_profile()))

    assert decoded(picture.clean).getpixel((20, 20)) == (0, 255, 0, 200)


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"not a profile", id="nonsense"),
        pytest.param(swapped_profile()[:200], id="cut short"),
        pytest.param(swapped_profile().replace(b"RGB ", b"CMYK"), id="of another space"),
        pytest.param(swapped_profile().ljust(5_000_000, b"\0"), id="huge"),
    ],
)
def test_a_profile_that_is_not_sane_is_ignored(profile):
    picture = read(encoded(corners(), "WEBP", lossless=True, icc_profile=profile))

    assert shows_corners(decoded(picture.clean))


def test_cmyk_becomes_srgb():
    ink = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    ink.paste((255, 0, 255, 0), (32, 0, 64, 64))

    clean = decoded(read(encoded(ink, "JPEG", quality=95, subsampling=0)).clean)

    assert clean.mode == "RGB"
    assert clean.getpixel((8, 32))[0] > 240
    assert clean.getpixel((8, 32))[1] < 20
    assert clean.getpixel((56, 32))[1] > 240
    assert clean.getpixel((56, 32))[0] < 20


def test_sixteen_bits_a_channel_keep_their_lights():
    deep = Image.new("I;16", (3, 1))
    for at, value in enumerate((0, 32768, 65535)):
        deep.putpixel((at, 0), value)

    clean = decoded(read(encoded(deep, "PNG")).clean)

    assert [clean.getpixel((at, 0)) for at in range(3)] == [(0,) * 3, (127,) * 3, (255,) * 3]


def test_sixteen_bits_with_a_colour_to_see_through_keep_both():
    deep = Image.new("I;16", (2, 1), 65535)
    deep.putpixel((0, 0), 257 * 40)

    data = encoded(deep, "PNG", transparency=257 * 40)
    clean = decoded(read(data).clean)

    assert [clean.getpixel((at, 0))[3] for at in range(2)] == [0, 255]


@pytest.mark.parametrize("format_name", ["PNG", "GIF"])
def test_a_palette_with_transparency_keeps_its_hole(format_name):
    image = Image.new("P", (40, 20), 1)
    image.putpalette([0, 0, 0, 200, 30, 30])
    ImageDraw.Draw(image).rectangle((0, 0, 19, 19), fill=0)

    clean = decoded(read(encoded(image, format_name, transparency=0)).clean)

    assert clean.getpixel((5, 5))[3] == 0
    assert clean.getpixel((35, 5)) == (200, 30, 30, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_pictures_are_read(mode):
    image = corners().convert("L").convert(mode)

    picture = read(encoded(image, "PNG"))

    assert decoded(picture.clean).mode == "RGB"
    assert (picture.saturation, len(picture.palette) > 0) == (0.0, True)


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_kept(format_name):
    others = [Image.new("RGB", (120, 80), colour) for colour in ("black", "white")] * 100

    data = encoded(corners(), format_name, save_all=True, append_images=others, duration=40)
    picture = read(data)

    assert shows_corners(decoded(picture.clean), by=24)
    assert getattr(decoded(picture.clean), "n_frames", 1) == 1


def test_a_large_picture_is_shrunk_for_the_model_and_the_list_but_kept_whole():
    picture = read(encoded(corners(2_400, 3_000), "JPEG"))

    assert (picture.width_px, picture.height_px) == (2_400, 3_000)
    assert decoded(picture.clean).size == (2_400, 3_000)
    assert decoded(picture.model_input).size == (1_536, 1_920)
    assert decoded(picture.thumbnail).size == (384, 480)
    assert all(shows_corners(decoded(output)) for output in outputs(picture))


def test_a_small_picture_is_not_enlarged():
    picture = read(encoded(Image.new("RGB", (1, 1), "red"), "PNG"))

    assert [decoded(output).size for output in outputs(picture)] == [(1, 1)] * 3


@pytest.mark.parametrize("size", [(6_000, 1), (1, 6_000)])
def test_a_line_is_a_picture_too(size):
    picture = read(encoded(Image.new("RGB", size, "red"), "PNG"))

    assert max(decoded(picture.model_input).size) == 1_920
    assert min(decoded(picture.thumbnail).size) == 1


def test_a_huge_photograph_is_kept_at_half_its_sides_and_says_its_own():
    picture = read(encoded(corners(5_200, 5_000), "JPEG"))

    assert (picture.width_px, picture.height_px) == (5_200, 5_000)
    assert decoded(picture.clean).size == (2_600, 2_500)
    assert shows_corners(decoded(picture.clean))


def test_a_png_too_large_to_keep_lossless_is_kept_as_jpeg_or_smaller():
    image = corners(3_000, 2_900)
    assert image.width * image.height > SLOW_LIMIT_PX
    clear = image.convert("RGBA")
    clear.putpixel((0, 0), (0, 0, 0, 0))

    opaque, seen_through = (read(encoded(one, "PNG", compress_level=1)) for one in (image, clear))

    assert (opaque.clean_content_type, decoded(opaque.clean).size) == ("image/jpeg", (3_000, 2_900))
    assert (seen_through.clean_content_type, decoded(seen_through.clean).size) == (
        "image/png",
        (1_500, 1_450),
    )
    assert shows_corners(decoded(seen_through.clean))


def test_noise_is_squeezed_until_a_model_takes_it():
    image = Image.merge("RGB", [Image.effect_noise((1_920, 1_920), 200) for _ in range(3)])

    picture = read(encoded(image, "JPEG", quality=90))

    assert len(picture.model_input) <= 3_500_000


def test_limits_of_size_are_looked_at_before_the_pixels():
    limits = Limits(pixels_px=9_000, side_px=100)

    for size in ((101, 10), (95, 95)):
        with pytest.raises(PictureRefusedError) as refusal:
            read(encoded(Image.new("RGB", size), "PNG"), limits)
        assert refusal.value.code == "picture-too-many-pixels"
    assert read(encoded(Image.new("RGB", (100, 90)), "PNG"), limits).width_px == 100


def test_webp_and_avif_have_a_lower_limit():
    side = 4_001
    assert side * side > ROOMY_LIMIT_PX

    with pytest.raises(PictureRefusedError) as refusal:
        read(encoded(Image.new("RGB", (side, side)), "WEBP", method=0))

    assert refusal.value.code == "picture-too-complex"


# --- Measures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colours", "shares"),
    [
        (("#ff0000", "#00ff00", "#0000ff"), (0.5, 0.3, 0.2)),
        (("#1a1a2e", "#0f3460", "#e94560"), (0.9, 0.06, 0.04)),
        (("#112233", "#eeddcc"), (0.7, 0.3)),
        (("#777777",), (1.0,)),
        (
            ("#202020", "#e0e0e0", "#c03030", "#30c030", "#3030c0", "#c0c030"),
            (0.3, 0.25, 0.2, 0.12, 0.08, 0.05),
        ),
    ],
)
@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_a_palette_has_the_colours_of_the_picture_and_no_others(format_name, colours, shares):
    picture = read(encoded(stripes(colours, shares), format_name))

    assert len(picture.palette) == len(colours)
    for swatch, colour, share in zip(picture.palette, colours, shares, strict=True):
        channels = zip(bytes.fromhex(swatch.hex[1:]), bytes.fromhex(colour[1:]), strict=True)
        assert max(abs(one - other) for one, other in channels) <= (
            0 if format_name == "PNG" else 3
        )
        assert swatch.share == pytest.approx(share, abs=0.02)
    assert sum(swatch.share for swatch in picture.palette) == pytest.approx(1, abs=0.001)


def test_a_palette_has_six_colours_at_most():
    colours = [f"hsl({hue}, 90%, 50%)" for hue in range(0, 360, 36)]

    picture = read(encoded(stripes(colours, [0.1] * 10), "PNG"))

    assert len(picture.palette) == 6


def test_shades_of_one_colour_still_give_three():
    grey = Image.linear_gradient("L").convert("RGB").point(lambda value: 90 + value // 8)

    picture = read(encoded(grey, "PNG"))

    assert len(picture.palette) == 3


def test_colours_that_differ_by_a_hair_are_one():
    picture = read(encoded(stripes(("#102030", "#122232", "#a0b0c0"), (0.4, 0.2, 0.4)), "PNG"))

    assert [swatch.share for swatch in picture.palette] == pytest.approx([0.6, 0.4], abs=0.02)


def test_an_accent_survives_beside_a_noisy_surface():
    image = stripes(("#1e3c78", "#dc1e28"), (0.97, 0.03))
    image = Image.blend(image, noise(*image.size), 0.2)

    reddest = max(read(encoded(image, "PNG")).palette, key=lambda s: int(s.hex[1:3], 16))

    red, green, blue = bytes.fromhex(reddest.hex[1:])
    assert (red > 150, green < 100, blue < 100) == (True, True, True)


def test_what_is_seen_through_is_no_colour_of_the_palette():
    image = stripes(("#c03030", "#ffffff"), (0.25, 0.75)).convert("RGBA")
    image.paste((255, 255, 255, 0), (240, 0, 960, 640))

    assert [(s.hex, s.share) for s in read(encoded(image, "PNG")).palette] == [("#c03030", 1.0)]


def test_nothing_but_air_has_the_palette_of_the_air():
    picture = read(encoded(Image.new("RGBA", (50, 50), (10, 20, 30, 0)), "PNG"))

    assert [swatch.share for swatch in picture.palette] == [1.0]


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("black", (0, 0, 0)), ("white", (1, 0, 0)), ("red", (76 / 255, 0, 1))],
)
def test_light_is_measured_from_0_to_1(colour, expected):
    picture = read(encoded(Image.new("RGB", (30, 30), colour), "PNG"))

    assert (picture.brightness, picture.contrast, picture.saturation) == pytest.approx(
        expected, abs=0.001
    )


def test_half_black_and_half_white_is_full_contrast():
    picture = read(encoded(stripes(("#000000", "#ffffff"), (0.5, 0.5)), "PNG"))

    assert (picture.brightness, picture.contrast) == pytest.approx((0.5, 1.0), abs=0.01)


def test_the_hash_is_the_same_for_a_smaller_copy_and_fits_a_signed_column():
    image = corners(1_600, 1_200)
    falling = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).convert("RGB")

    one, smaller, other = (
        read(encoded(picture, "JPEG")) for picture in (image, image.resize((400, 300)), falling)
    )

    assert (one.dhash ^ smaller.dhash).bit_count() <= 2
    assert (one.dhash ^ other.dhash).bit_count() > 10
    assert read(encoded(falling, "PNG")).dhash in {-1, 0}
    assert all(-(2**63) <= picture.dhash < 2**63 for picture in (one, smaller, other))
