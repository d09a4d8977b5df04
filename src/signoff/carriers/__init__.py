"""One folder per carrier: adapters that answer at ports.carrier."""
