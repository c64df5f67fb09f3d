"""What the service is measured against: one file a peer, each in a throw-away environment."""
