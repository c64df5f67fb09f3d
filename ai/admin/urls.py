"""Pages of the admin that are of no table, below /admin/."""

from django.contrib import admin
from django.urls import path

from ai.admin.usage import usage_page

urlpatterns = [path("usage/", admin.site.admin_view(usage_page), name="usage-page")]
