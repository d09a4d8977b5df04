"""The composition root: which adapter answers at which port."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings

from signoff import wording
from signoff.carriers.sandbox.adapter import SandboxCarrier
from signoff.carriers.sandbox.profiles import PROFILES
from signoff.config import carriers
from signoff.config.texting import SmppSettings
from signoff.integrations.documents.clamd import Clamd
from signoff.integrations.documents.disk import DiskDocuments, DiskStore
from signoff.integrations.documents.envelope import MasterKey
from signoff.integrations.documents.reading import ForeignFiles
from signoff.integrations.documents.s3 import Bucket, S3Store
from signoff.integrations.documents.vault import SealedVault
from signoff.integrations.messaging.smpp import SmppMessenger
from signoff.integrations.messaging.smpp_session import SmppServer
from signoff.integrations.messaging.sms_http import HttpGateway, HttpSmsMessenger
from signoff.integrations.messaging.smtp import SmtpMessenger, SmtpServer
from signoff.integrations.payments.sandbox import SandboxPayments
from signoff.integrations.payments.stripe import StripePayments
from signoff.integrations.signing.disk import DiskSigner
from signoff.ports import registry
from signoff.ports.carrier import Capabilities
from signoff.ports.messaging import Messenger
from signoff.ports.pacing import Pace, Pacing
from signoff.records.pace import SharedPace
from signoff.records.pace_row import PaceSession

SANDBOX_CARRIERS = ("tmobile", "att", "verizon", "wholesale")

_paces = PaceSession()


def _now() -> datetime:
    return datetime.now(UTC)


def wire() -> None:
    """Fills ports.registry. Called once, when Django is ready; nothing connects yet."""
    registry.signers.register("installation", _signer)
    registry.vaults.register("identity", _vault)
    registry.readers.register("identity", _reader)
    if settings.SIGNOFF_CLAMD:
        registry.scanners.register("identity", _scanner)
    registry.documents.register("archives", _archives)
    registry.messengers.register("mail", _mail)
    if settings.SIGNOFF_SMS:
        registry.messengers.register("sms", _sms)
    if settings.SIGNOFF_DEMO:
        for name in SANDBOX_CARRIERS:
            registry.carriers.register(name, _sandbox_carrier(name))
    if settings.SIGNOFF_CARRIERS:
        for name, build in carriers.read(settings.SIGNOFF_CARRIERS).items():
            registry.carriers.register(name, partial(build, name, _pace))
    if settings.SIGNOFF_STRIPE_KEY:
        registry.payments.register("cards", _stripe)
    elif settings.SIGNOFF_DEMO:
        registry.payments.register("cards", _sandbox_payments)


def _signer() -> DiskSigner:
    name = settings.SIGNOFF_INSTALLATION or _host()
    return DiskSigner(settings.SIGNOFF_HOME / "keys", name=name)


def _host() -> str:
    return str(settings.SIGNOFF_BASE_URL).partition("://")[2].strip("/")


def _vault() -> SealedVault:
    home = settings.SIGNOFF_HOME
    master = MasterKey(
        home / "keys" / "documents.key", given=settings.SIGNOFF_DOCUMENTS_KEY.reveal()
    )
    if settings.SIGNOFF_DOCUMENTS == "disk":
        return SealedVault(DiskStore(home / "documents"), master=master)
    store = S3Store(
        Bucket.from_url(settings.SIGNOFF_DOCUMENTS),
        key_id=settings.SIGNOFF_S3_KEY_ID,
        secret=settings.SIGNOFF_S3_SECRET.reveal(),
        now=_now,
    )
    return SealedVault(store, master=master)


def _reader() -> ForeignFiles:
    return ForeignFiles(Path(wording.__file__).parent / "fonts" / "NotoSansSC-Regular.ttf")


def _scanner() -> Clamd:
    return Clamd(settings.SIGNOFF_CLAMD)


def _mail() -> SmtpMessenger:
    return SmtpMessenger(
        server=SmtpServer.from_url(settings.SIGNOFF_SMTP_URL),
        sender=settings.DEFAULT_FROM_EMAIL,
        now=_now,
    )


def _archives() -> DiskDocuments:
    home = settings.SIGNOFF_HOME
    return DiskDocuments(home / "archives", key_file=home / "keys" / "documents.key")


def _sms() -> Messenger:
    from signoff.workflows import texting  # it reaches the tables, which are ready only now

    told = settings.SIGNOFF_SMS
    assert told is not None
    if isinstance(told, SmppSettings):
        server = SmppServer(
            host=told.host,
            port=told.port,
            tls=told.tls,
            user=told.user,
            password=told.secret.reveal(),
            system_type=told.system_type,
        )
        return SmppMessenger(
            server=server, sender=told.sender, take_in=texting.take_in_aside, payload=told.payload
        )
    gateway = HttpGateway(
        url=told.url,
        user=told.user,
        secret=told.secret.reveal(),
        callback_url=f"{settings.SIGNOFF_BASE_URL}/callbacks/texts",
        callback_secret=told.callback_secret.reveal(),
    )
    return HttpSmsMessenger(gateway=gateway, profile=told.profile, sender=told.sender, now=_now)


def _stripe() -> StripePayments:
    return StripePayments(
        api_key=settings.SIGNOFF_STRIPE_KEY.reveal(),
        webhook_secret=settings.SIGNOFF_STRIPE_WEBHOOK_SECRET.reveal(),
        base_url=settings.SIGNOFF_STRIPE_URL,
        now=_now,
    )


def _sandbox_payments() -> SandboxPayments:
    return SandboxPayments(
        base_url=settings.SIGNOFF_SANDBOX_URL,
        secret=settings.SIGNOFF_SANDBOX_SECRET,
        name="cards",
    )


def _sandbox_carrier(name: str) -> Callable[[], SandboxCarrier]:
    def build() -> SandboxCarrier:
        return SandboxCarrier(
            name=name,
            base_url=settings.SIGNOFF_SANDBOX_URL,
            account=name,
            secret=settings.SIGNOFF_SANDBOX_SECRET,
            now=_now,
            pace=_pace(f"sandbox/{name}", PROFILES[name]),
        )

    return build


def _pace(account: str, capabilities: Capabilities) -> Pacing:
    """The pace of an account: shared by all processes where the carrier names a rate."""
    if capabilities.rate_rps is None:
        return Pace(
            rate_rps=None,
            concurrency=capabilities.concurrency,
            monotonic=time.monotonic,
            sleep=time.sleep,
        )
    return SharedPace(
        account,
        rate_rps=capabilities.rate_rps,
        concurrency=capabilities.concurrency,
        session=_paces,
    )
