"""Imports of an account book: an address book that is taken along."""

from pathlib import Path

import pytest

from signoff.records import models
from usecases.book_files import ACCOUNT, LINE, Import, Json, changed, counts, importer

pytestmark = pytest.mark.django_db

CONTACT: Json = {
    "type": "contact",
    "brand": "boundlark",
    "external_id": "K-1",
    "line": "L-1",
    "name": "陈柏安",
    "phones": ["+8613800138000"],
}


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return importer(tmp_path)


def test_an_address_book_is_kept_to_be_taken_along(imported: Import) -> None:
    """P9: new, the same again, changed; the line counts what is kept of it."""
    first, _ = imported(ACCOUNT, LINE, CONTACT)
    same, _ = imported(CONTACT)
    other, _ = imported(changed(CONTACT, name="陈柏安 (办公室)", emails=["chen@example.com"]))

    assert counts(first, "contact") == (1, 0, 0)
    assert counts(same, "contact") == (0, 0, 1)
    assert counts(other, "contact") == (0, 1, 0)
    kept = models.Contact.objects.get()
    assert (kept.name, kept.emails) == ("陈柏安 (办公室)", ["chen@example.com"])
    assert models.Line.objects.get().facts["usage"]["contacts"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "", "phones": []},
        {"name": "x" * 201},
        {"phones": ["1"] * 21},
        {"line": "nobody"},
        {"nickname": "x"},
    ],
)
def test_a_contact_that_cannot_be_is_refused(imported: Import, wrong: Json) -> None:
    """Q6."""
    _, refused = imported(ACCOUNT, LINE, changed(CONTACT, **wrong))

    assert len(refused) == 1
    assert not models.Contact.objects.exists()
