"""The callers and readers, in a process of its own on raw sockets, so that they cost little."""
