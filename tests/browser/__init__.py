"""Pages as a person sees them: in a real browser, on a real server."""
