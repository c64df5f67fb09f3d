"""The main job, once, on real input, over real HTTP: `make demo`."""
