"""The lab: one request through several models and wordings, scored and side by side."""
