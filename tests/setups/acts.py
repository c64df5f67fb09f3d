"""What people ask for, on any set-up."""

STORY = "INT. CABIN - NIGHT\n\nMara waits.\n\nEXT. QUAY - DAY\n\nThe ferry comes."
OUTLINE = {"source": "text", "text": STORY}
MESSAGE = {"content": "Create a scene titled “Bus Stop” at the Quay with Mara."}
