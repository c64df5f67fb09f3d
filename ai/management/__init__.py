"""Commands of the AI app."""
