"""The terms of a run, and the policies its cases are opened under."""

from signoff.domain.policy import Policy, effective
from signoff.domain.sunset_terms import Terms, under
from signoff.records import codec, models
from signoff.records.linefiles import PolicyOf
from signoff.usecases import rules
from signoff.usecases.policies import UnknownPlace, policy_digest, policy_json

NO_POLICY = ""
"""The digest where a place has no profile: no line can be ended there."""


def terms_of(run: models.Sunset) -> Terms:
    """The terms a run was made with."""
    terms: Terms = codec.TERMS.validate_python(run.terms)
    return terms


class Policies:
    """The policies of a run's brand under its terms, by place; each is merged once.

    The place still wins where it is stricter, as for every case (DESIGN 7).
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._held: dict[tuple[str, str], tuple[Policy, str]] = {}

    def of(self, brand: str, place: str) -> tuple[Policy, str]:
        """The merged policy and its digest; NO_POLICY where there is no such place."""
        if (brand, place) not in self._held:
            policy, digest = under(rules.book().policy(brand), self._terms), NO_POLICY
            try:
                policy = effective(policy, rules.book().place(place))
                digest = policy_digest(policy)
            except UnknownPlace:
                pass
            self._held[brand, place] = policy, digest
        return self._held[brand, place]

    def keep(self) -> None:
        """Store every policy asked for so far: the copy that the cases are opened under."""
        models.PolicyVersion.objects.bulk_create(
            [
                models.PolicyVersion(
                    digest=digest, brand=brand, place=place, content=policy_json(policy)
                )
                for (brand, place), (policy, digest) in self._held.items()
                if digest != NO_POLICY
            ],
            ignore_conflicts=True,
        )


def policy_of(policies: Policies) -> PolicyOf:
    """As linefiles asks for it."""
    return policies.of
