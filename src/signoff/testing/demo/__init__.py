"""The demo's fictional people, their lines and what their accounts hold.

Everything is dated from the moment it is loaded. Numbers are of the range kept for fiction
(555-01xx), addresses end in .example; nobody here exists.
"""

from signoff.testing.demo import closing
from signoff.testing.demo.book import Entry, book
from signoff.testing.demo.family import family_book
from signoff.testing.demo.people import AGENTS, PASSWORD, SUBSCRIBERS, Person

__all__ = ["AGENTS", "PASSWORD", "SUBSCRIBERS", "Entry", "Person", "book", "closing", "family_book"]
"""`book(now, ...)` is every record, as the import takes them; `closing` a part that closes."""
