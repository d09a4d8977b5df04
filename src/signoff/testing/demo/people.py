"""Who logs in to the demo: subscribers by card kind, and agents by brand."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

PASSWORD = "signoff-demo"
"""Everybody's, and only in a demo."""

Language: TypeAlias = Literal["zh-Hans", "zh-Hant", "en"]


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber or an agent. `latin` is the name on a terminal, `what` what they stand for.

    `role` is what one of the staff is at their brands.
    """

    name: str
    latin: str
    email: str
    language: Language
    what: str
    brands: tuple[str, ...]
    role: Literal["agent", "operator", "supervisor"] = "agent"


TRAVELLER = Person(
    "林晓雨", "Lin Xiaoyu", "lin.xiaoyu@mail.example", "zh-Hans", "travel card", ("farwander",)
)
STUDENT = Person(
    "陳柏安", "Chen Bo-an", "chen.boan@mail.example", "zh-Hant", "data card", ("bytebrook",)
)
MANAGER = Person(
    "何念慈", "He Nianci", "he.nianci@mail.example", "en", "unlimited card", ("boundlark",)
)
GRANDFATHER = Person(
    "周明远",
    "Zhou Mingyuan",
    "zhou.mingyuan@mail.example",
    "zh-Hans",
    "calling card",
    ("tellmagpie", "farwander"),
)
NOMAD = Person(
    "高雨桐", "Gao Yutong", "gao.yutong@mail.example", "en", "internet cards", ("wavequill",)
)
HOUSEHOLD = Person(
    "吳靜", "Wu Jing", "wu.jing@mail.example", "zh-Hant", "a family's two lines", ("boundlark",)
)
MOTHER = Person(
    "罗兰芝",
    "Luo Lanzhi",
    "luo.lanzhi@mail.example",
    "zh-Hans",
    "a family's account with three lines",
    ("farwander",),
)
DAUGHTER = Person(
    "罗一诺",
    "Luo Yinuo",
    "luo.yinuo@mail.example",
    "en",
    "user of one of the three",
    ("farwander",),
)
SUBSCRIBERS = (TRAVELLER, STUDENT, MANAGER, GRANDFATHER, NOMAD, HOUSEHOLD, MOTHER, DAUGHTER)

_BRANDS = ("farwander", "bytebrook", "boundlark", "tellmagpie", "wavequill")
AGENTS = (
    *(
        Person("客服", "Agent", f"agent@{brand}.example", "zh-Hans", f"agent of {brand}", (brand,))
        for brand in _BRANDS
    ),
    Person(
        "方旭",
        "Fang Xu",
        "fang.xu@signoff.example",
        "zh-Hans",
        "operator of farwander",
        ("farwander",),
        "operator",
    ),
    Person(
        "许安", "Xu An", "xu.an@signoff.example", "en", "supervisor of all", _BRANDS, "supervisor"
    ),
)
"""The last one serves every brand; with the operator, two confirm what ends a whole brand."""
