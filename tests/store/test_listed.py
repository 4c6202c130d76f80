"""Many texts are asked for by one parameter, whatever is in them."""

import pytest
from sqlalchemy import Engine, literal, select

from catchment.store.engine import reading
from catchment.store.listed import among

ODD = ("", "plain", "it's", '"quoted"', "a,b", "[1]", "{x}", "\\", "\n", "ü€😀", "NULL")


@pytest.mark.parametrize("text", ODD)
def test_a_text_is_found_among_others_and_nowhere_else(engine: Engine, text: str) -> None:
    others = [one for one in ODD if one != text]
    with reading(engine) as tx:
        found = [
            tx.execute(select(among(tx, literal(text), texts))).scalar_one()
            for texts in (ODD, others, [])
        ]

    assert [bool(one) for one in found] == [True, False, False]
