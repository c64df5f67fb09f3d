"""Addresses of stored files, outside of the API's prefix."""

from django.urls import path

from scenes.api.exports import stored_export
from scenes.api.media import stored_file

urlpatterns = [
    path("media/exports/<path:path>", stored_export, name="export-file"),
    path("media/<path:path>", stored_file, name="media"),
]
