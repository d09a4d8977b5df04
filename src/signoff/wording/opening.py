"""Opening hours, kept as on schema.org ("Mo-Fr 09:00-18:00; Sa 10:00-14:00"), in words."""

from signoff.wording.catalogue import shipped


def hours_words(hours: str, language: str) -> str:
    """The hours as people read them; days and times in the brand's own zone."""
    say = shipped().say
    if hours == "Mo-Su 00:00-24:00":
        return say("hours.always", language)
    parts = []
    for part in hours.split(";"):
        days, _, times = part.strip().partition(" ")
        first, _, last = days.partition("-")
        named = say(f"weekday.{first}", language)
        if last:
            to = say(f"weekday.{last}", language)
            named = say("hours.days", language, first=named, last=to)
        parts.append(say("hours.span", language, days=named, times=times.replace("-", "–")))
    return ("; " if language == "en" else "；").join(parts)
