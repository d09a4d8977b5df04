"""Every table, by topic."""

from signoff.records.models.archives import Archive
from signoff.records.models.book import Account, Contact, Line, UsageRecord
from signoff.records.models.cases import Attention, Case, Due, Event, PolicyVersion
from signoff.records.models.conversation import AfterCare, Message
from signoff.records.models.disputes import Dispute
from signoff.records.models.documents import Document
from signoff.records.models.evidence import Certificate, Checkpoint, EvidenceChunk
from signoff.records.models.intents import (
    CarrierIntent,
    Notice,
    PaymentIntent,
    SeenCallback,
    TextOptOut,
)
from signoff.records.models.money import JournalEntry
from signoff.records.models.pacing import Pace
from signoff.records.models.people import Access, AccessHelp, SecurityAnswer, StaffRole, User
from signoff.records.models.sunsets import Sunset, SunsetAct, SunsetLine, SunsetPart, SunsetWave
from signoff.records.models.together import AccountRequest, Ask, Entitlement

__all__ = [
    "Access",
    "AccessHelp",
    "Account",
    "AccountRequest",
    "AfterCare",
    "Archive",
    "Ask",
    "Attention",
    "CarrierIntent",
    "Case",
    "Certificate",
    "Checkpoint",
    "Contact",
    "Dispute",
    "Document",
    "Due",
    "Entitlement",
    "Event",
    "EvidenceChunk",
    "JournalEntry",
    "Line",
    "Message",
    "Notice",
    "Pace",
    "PaymentIntent",
    "PolicyVersion",
    "SecurityAnswer",
    "SeenCallback",
    "StaffRole",
    "Sunset",
    "SunsetAct",
    "SunsetLine",
    "SunsetPart",
    "SunsetWave",
    "TextOptOut",
    "UsageRecord",
    "User",
]
