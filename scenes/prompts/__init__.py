"""The prompt compiler: slots in, text out. Pure Python."""
