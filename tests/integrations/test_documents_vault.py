"""A5, T4: what a vault keeps nobody reads without its key; every back-end keeps to the same rules.

SIGNOFF_TEST_S3 (s3://bucket?endpoint=..., with SIGNOFF_S3_KEY_ID and SIGNOFF_S3_SECRET) runs the
suite against a real service too.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from signoff.integrations.documents.disk import DiskDocuments, DiskStore
from signoff.integrations.documents.envelope import MasterKey
from signoff.integrations.documents.s3 import Bucket, S3Store, signature
from signoff.integrations.documents.vault import SealedVault, Store
from signoff.ports.documents import DocumentsError, NoSuchDocument
from signoff.testing.s3 import KEY_ID, SECRET, running_s3

KEY, OTHER = UUID(int=1), UUID(int=2)
CONTENT = b"a page, " * 9000


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Place:
    """A vault over one back-end."""

    store: Store
    key_file: Path

    def vault(self, *, given: str = "") -> SealedVault:
        return SealedVault(self.store, master=MasterKey(self.key_file, given=given))


@pytest.fixture(params=["disk", "s3", "real s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    key_file = tmp_path / "keys" / "documents.key"
    if request.param == "disk":
        yield Place(DiskStore(tmp_path / "documents"), key_file)
    elif request.param == "s3":
        with running_s3() as service:
            bucket = Bucket.from_url(f"s3://papers/test?endpoint={service.url}")
            store = S3Store(bucket, key_id=KEY_ID, secret=SECRET, now=now)
            yield Place(store, key_file)
            store.close()
    else:
        url = os.environ.get("SIGNOFF_TEST_S3")
        if not url:
            pytest.skip("SIGNOFF_TEST_S3 names no service")
        key_id, secret = os.environ["SIGNOFF_S3_KEY_ID"], os.environ["SIGNOFF_S3_SECRET"]
        bucket = Bucket.from_url(url)
        prefixed = Bucket(bucket.name, f"{uuid4()}/", bucket.endpoint, bucket.region)
        store = S3Store(prefixed, key_id=key_id, secret=secret, now=now)
        yield Place(store, key_file)
        store.close()


def test_what_was_kept_comes_back(place: Place) -> None:
    sealed_key = place.vault().put(KEY, CONTENT)

    assert place.vault().get(KEY, sealed_key=sealed_key) == CONTENT


def test_an_empty_object_comes_back_too(place: Place) -> None:
    assert place.vault().get(KEY, sealed_key=place.vault().put(KEY, b"")) == b""


def test_what_lies_there_is_noise(place: Place) -> None:
    """A5: neither content nor key stands in the stored bytes."""
    sealed_key = place.vault().put(KEY, CONTENT)

    stored = place.store.get(KEY)

    assert b"a page" not in stored
    assert sealed_key not in stored


def test_the_same_content_is_sealed_differently_each_time(place: Place) -> None:
    keys = {place.vault().put(key, CONTENT) for key in (KEY, OTHER)}

    assert len(keys) == 2
    assert place.store.get(KEY) != place.store.get(OTHER)


def test_without_its_key_nobody_reads_it(place: Place) -> None:
    """T4: dropping the key is shredding, though the bytes still lie there."""
    place.vault().put(KEY, CONTENT)
    other = place.vault().put(OTHER, CONTENT)

    for wrong in (b"", other, bytes(60)):
        with pytest.raises(DocumentsError):
            place.vault().get(KEY, sealed_key=wrong)


def test_another_installations_key_opens_nothing(place: Place) -> None:
    sealed_key = place.vault().put(KEY, CONTENT)

    with pytest.raises(DocumentsError):
        place.vault(given="ab" * 32).get(KEY, sealed_key=sealed_key)


def test_objects_cannot_be_swapped(place: Place) -> None:
    sealed_key = place.vault().put(KEY, CONTENT)
    place.store.put(OTHER, place.store.get(KEY))

    with pytest.raises(DocumentsError):
        place.vault().get(OTHER, sealed_key=sealed_key)


def test_an_altered_object_is_noticed(place: Place) -> None:
    sealed_key = place.vault().put(KEY, CONTENT)
    data = bytearray(place.store.get(KEY))
    data[100] ^= 1
    place.store.put(KEY, bytes(data))

    with pytest.raises(DocumentsError):
        place.vault().get(KEY, sealed_key=sealed_key)


def test_what_is_destroyed_is_gone_and_twice_is_once(place: Place) -> None:
    sealed_key = place.vault().put(KEY, CONTENT)

    place.vault().destroy(KEY)
    place.vault().destroy(KEY)

    with pytest.raises(NoSuchDocument):
        place.vault().get(KEY, sealed_key=sealed_key)


def test_what_never_was_is_told_so(place: Place) -> None:
    with pytest.raises(NoSuchDocument):
        place.vault().get(KEY, sealed_key=bytes(60))


def test_a_document_of_the_release_before_is_still_read(tmp_path: Path) -> None:
    """O4: its key stands in front of it, in the same file."""
    key_file = tmp_path / "keys" / "documents.key"
    DiskDocuments(tmp_path / "documents", key_file=key_file).put(KEY, CONTENT)
    vault = SealedVault(DiskStore(tmp_path / "documents"), master=MasterKey(key_file))

    assert vault.get(KEY, sealed_key=b"") == CONTENT

    vault.destroy(KEY)
    assert list((tmp_path / "documents").iterdir()) == []


def test_only_the_service_may_read_the_files(tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "documents.key"
    SealedVault(DiskStore(tmp_path / "documents"), master=MasterKey(key_file)).put(KEY, CONTENT)

    (stored,) = (tmp_path / "documents").iterdir()
    assert (key_file.stat().st_mode & 0o777, stored.stat().st_mode & 0o777) == (0o600, 0o600)
    assert (tmp_path / "documents").stat().st_mode & 0o777 == 0o700


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    key_file = tmp_path / "documents.key"
    key_file.write_bytes(b"short")

    with pytest.raises(DocumentsError, match="restore it from a back-up"):
        SealedVault(DiskStore(tmp_path), master=MasterKey(key_file)).put(KEY, CONTENT)


def test_a_folder_that_cannot_be_written_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")

    with pytest.raises(DocumentsError, match="cannot"):
        DiskStore(tmp_path / "documents").put(KEY, CONTENT)


# ---------------------------------------------------------------- the bucket
def test_a_signature_is_as_amazon_publishes_it() -> None:
    """The example "PUT Object" of the S3 API reference, Signature Version 4, has this signature."""
    signed = signature(
        "PUT",
        "/test%24file.text",
        headers={
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "host": "examplebucket.s3.amazonaws.com",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        body=b"Welcome to Amazon S3.",
        region="us-east-1",
        key_id="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )

    assert signed["authorization"].endswith(
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )


@pytest.mark.parametrize("trouble", ["503", "hang up"])
def test_a_bucket_that_stumbles_is_asked_again(trouble: str) -> None:
    with running_s3() as service:
        bucket = Bucket.from_url(f"s3://papers?endpoint={service.url}")
        store = S3Store(bucket, key_id=KEY_ID, secret=SECRET, now=now, timeout_s=2)
        service.trouble = [trouble] * 2

        store.put(KEY, CONTENT)

        assert store.get(KEY) == CONTENT
        store.close()


@pytest.mark.parametrize("trouble", ["503", "hang up", "403"])
def test_a_bucket_that_stays_away_is_no_answer(trouble: str) -> None:
    with running_s3() as service:
        bucket = Bucket.from_url(f"s3://papers?endpoint={service.url}")
        store = S3Store(bucket, key_id=KEY_ID, secret=SECRET, now=now, timeout_s=2)
        service.trouble = [trouble] * 9

        with pytest.raises(DocumentsError):
            store.put(KEY, CONTENT)
        with pytest.raises(DocumentsError):
            store.delete(KEY)

        service.trouble = []
        with pytest.raises(NoSuchDocument):
            store.get(KEY)
        store.close()


def test_a_wrong_secret_and_a_wrong_bucket_are_no_answer() -> None:
    with running_s3() as service:
        bucket = Bucket.from_url(f"s3://papers?endpoint={service.url}")
        wrong = S3Store(bucket, key_id=KEY_ID, secret="guessed", now=now)
        missing = Bucket.from_url(f"s3://elsewhere?endpoint={service.url}")
        elsewhere = S3Store(missing, key_id=KEY_ID, secret=SECRET, now=now)

        for store in (wrong, elsewhere):
            with pytest.raises(DocumentsError):
                store.get(KEY)
            store.close()


@pytest.mark.parametrize(
    "url",
    ["http://bucket", "s3://", "s3://bucket?zone=x", "s3://bucket?endpoint=ftp://x", "disk2"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not s3|no https"):
        Bucket.from_url(url)
