"""Where the signing key lives."""
