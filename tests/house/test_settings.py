"""What the environment may say, and what Signoff answers when it cannot use it."""

import pytest
from django.db import connection

from signoff.config.env import Env, SettingError


@pytest.mark.django_db
def test_the_database_answers_in_utf8() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)


def test_a_number_out_of_range_is_refused_with_name_problem_and_mend() -> None:
    with pytest.raises(SettingError, match=r"^PORT: '99999' is no whole number .*; for example 80"):
        Env({"PORT": "99999"}).number("PORT", 8000, least=1, most=65535)
