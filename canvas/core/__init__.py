"""The shared floor: errors, JSON, rows, pages, tags, waiting. It knows no app."""
