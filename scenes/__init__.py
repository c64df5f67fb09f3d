"""The film: projects, scenes, beats, the bible. It knows nothing of AI."""
