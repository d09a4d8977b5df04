"""Reads and checks policy files (K3): brands and jurisdictions as data, with file:line errors."""

from signoff.usecases.policies.book import (
    CARRIERS,
    SHIPPED,
    Held,
    PolicyBook,
    UnknownBrand,
    UnknownPlace,
    load_policy_book,
    policy_book,
    policy_digest,
    policy_json,
)
from signoff.usecases.policies.problems import PolicyProblems, Problem
from signoff.usecases.policies.sunsets import load_all_terms, load_terms, terms_of_text

__all__ = [
    "CARRIERS",
    "SHIPPED",
    "Held",
    "PolicyBook",
    "PolicyProblems",
    "Problem",
    "UnknownBrand",
    "UnknownPlace",
    "load_all_terms",
    "load_policy_book",
    "load_terms",
    "policy_book",
    "policy_digest",
    "policy_json",
    "terms_of_text",
]
