"""One module per experiment: `run(lab)` makes it and gives its outcome."""
