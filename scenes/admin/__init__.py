"""What editors see of the film: one page a table, edited through the services."""

from scenes.admin import assets, bible, exports, history, projects, scenes, templates

__all__ = ["assets", "bible", "exports", "history", "projects", "scenes", "templates"]
