"""Shapes of whole documents, in pure pydantic: what may come in, before any rule or row."""
