"""Addresses of stored files, outside of the API's prefix."""

from django.urls import path

from scenes.api.media import stored_file

urlpatterns = [path("media/<path:path>", stored_file, name="media")]
