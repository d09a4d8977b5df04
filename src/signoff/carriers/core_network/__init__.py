"""Our own core network at ports.carrier: OsmoHLR, over its CTRL and GSUP doors."""
