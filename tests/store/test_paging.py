"""Walking a list by cursors meets every row once, also while rows are added."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select

from catchment import ids
from catchment.core.values.errors import Invalid
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.paging import PageRequest, page
from catchment.store.schema import products

AT = datetime(2026, 1, 1, tzinfo=UTC)
IN_ANY_ORDER = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def add(engine: Engine, workspace: Workspace, names: list[str]) -> None:
    rows = [
        {
            "id": ids.new_id(),
            "workspace_id": workspace.id,
            "name": n,
            "created_at": AT,
            "updated_at": AT,
        }
        for n in names
    ]
    with writing(engine) as tx:
        tx.execute(delete(products))
        if rows:
            tx.execute(insert(products), rows)


@IN_ANY_ORDER
@given(
    st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 5), st.booleans(), st.booleans()
)
def test_pages_forward_and_back_cover_the_list(
    engine: Engine,
    workspace: Workspace,
    names: list[str],
    limit: int,
    ascending: bool,
    by_name: bool,
) -> None:
    add(engine, workspace, names)
    sort = products.c.name if by_name else None
    with reading(engine) as tx:
        c = products.c
        key = [c.name, c.id] if by_name else [c.id]
        whole = (
            tx.execute(select(c.id).order_by(*(k.asc() if ascending else k.desc() for k in key)))
            .scalars()
            .all()
        )
        seen: list[str] = []
        request = PageRequest(limit, ascending=ascending)
        while True:
            got = page(tx, select(c.id), request, id_column=c.id, sort=sort)
            assert got.total == len(names)
            seen += [row.id for row in got.rows]
            if got.before is not None:
                back = page(
                    tx,
                    select(c.id),
                    PageRequest(limit, before=got.before, ascending=ascending),
                    id_column=c.id,
                    sort=sort,
                )
                here = whole.index(got.rows[0].id)
                assert [row.id for row in back.rows] == list(whole[max(0, here - limit) : here])
            if got.after is None:
                break
            request = PageRequest(limit, after=got.after, ascending=ascending)
    assert seen == list(whole)


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WzFd", "WyJhIiwiYiJd", "é", "WyJcdTAwMDAiXQ"])
def test_a_cursor_we_did_not_make_is_refused(
    engine: Engine, workspace: Workspace, cursor: str
) -> None:
    with reading(engine) as tx, pytest.raises(Invalid):
        page(tx, select(products.c.id), PageRequest(after=cursor), id_column=products.c.id)
