"""Sunsets (O1): a list is gathered, rehearsed, confirmed by two, carried out in parts, reported."""
