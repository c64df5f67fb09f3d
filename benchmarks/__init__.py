"""How fast it is: one module per figure, each on a whole service of its own on loopback."""
