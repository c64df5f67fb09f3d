"""Addresses of pictures in documents: ours are made when they are sent, others kept as given."""

from typing import Any
from urllib.parse import unquote, urlsplit

from scenes.media import MEDIA_PREFIX, media_url
from scenes.models import SceneMedia, VisualAsset


def asset_address(asset: VisualAsset, base_url: str) -> str:
    """Give where a picture is; an address that a document named stands before our own."""
    if asset.external_url or not asset.picture:
        return asset.external_url
    return base_url + media_url(str(asset.picture.name))


def media_address(media: SceneMedia, base_url: str) -> str:
    """Give where a medium of a scene is."""
    if media.url or media.asset is None:
        return media.url
    return asset_address(media.asset, base_url)


def asset_columns(asset: VisualAsset, url: str) -> dict[str, Any]:
    """Give the columns that make a picture have this address."""
    wanted = "" if names_file(url, asset) else url
    return {} if wanted == asset.external_url else {"external_url": wanted}


def media_columns(media: SceneMedia, url: str) -> dict[str, Any]:
    """Give the columns that make a medium have this address."""
    asset = media.asset
    is_the_assets = asset is not None and (
        names_file(url, asset) or (url != "" and url == asset.external_url)
    )
    wanted = "" if is_the_assets else url
    return {} if wanted == media.url else {"url": wanted}


def names_file(url: str, asset: VisualAsset) -> bool:
    """Say whether an address, on whatever host and however signed, is that of our own file."""
    if not asset.picture:
        return False
    try:
        path = urlsplit(url).path
    except ValueError:  # a broken IPv6 host
        return False
    return unquote(path) == MEDIA_PREFIX + str(asset.picture.name)
