"""api of the AI app."""
