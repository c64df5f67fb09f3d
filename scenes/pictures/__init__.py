"""The picture door: bytes from anyone in, checked and freshly made pictures out. Pillow only."""
