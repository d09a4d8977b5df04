"""The sandbox carrier, over HTTP: for the demo, for trying Signoff out, and for its tests."""
