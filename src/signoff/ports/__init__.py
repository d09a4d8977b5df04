"""What we ask of the outside: Protocols, and the registry of adapters."""
