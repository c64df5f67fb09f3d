"""The tenant: workspaces, members, tokens, plans, and who may do what."""
