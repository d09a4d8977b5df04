"""What was found about something people received, as sentences (S1, S2)."""

from signoff.domain.genuine import Why
from signoff.domain.policy import Names
from signoff.wording.catalogue import shipped
from signoff.wording.tags import phone


def words(why: Why, language: str) -> str:
    """A finding as a sentence, with the address and the company it speaks of."""
    catalogue = shipped("genuine")
    key = f"genuine.why.{why.reason}"
    about = phone(why.about) if why.about.startswith("+") else why.about
    values = {"about": about, "name": name(why.names, language)}
    wanted = catalogue.placeholders(key)
    return catalogue.say(key, language, **{each: values[each] for each in wanted})


def name(names: Names | None, language: str) -> str:
    """A company's name as readers of the language know it; empty where there is none."""
    if names is None:
        return ""
    return {"zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant}.get(language, names.en)
