"""director of the AI app."""
