"""A key is of its id alone, and a search among stored keys finds what is there and nothing else."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.usage.embedded import keys

IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=12)


def of(*chunks: list[str]) -> list[int]:
    array = pa.chunked_array([pa.array(chunk, pa.string()) for chunk in chunks], pa.string())
    return keys.of(array).tolist()


@given(IDS, IDS)
def test_a_key_does_not_depend_on_what_lies_beside_its_id(some: list[str], more: list[str]) -> None:
    assert of(some, more) == [key for id in [*some, *more] for key in of([id])]


def test_keys_may_never_change() -> None:
    found = of(["", "a", "sent-1", "01a0f4c2-c400-7000-8000-000010002d42", "ü" * 9, "\0"])

    assert found == KEPT


def test_ids_that_look_alike_have_different_keys() -> None:
    alike = [f"{n:0{width}}" for width in (1, 8, 9, 32) for n in range(2_000)]

    assert len(set(of(list(dict.fromkeys(alike))))) == len(set(alike))


NUMBERS = st.integers(0, 20) | st.integers(2**64 - 20, 2**64 - 1) | st.just(2**42)


@pytest.mark.parametrize("least", [0, 1_000], ids=["sieved", "searched"])
@given(asked=st.lists(NUMBERS), stored=st.lists(NUMBERS, min_size=1))
def test_known_are_those_that_are_stored(asked: list[int], stored: list[int], least: int) -> None:
    one, other = (np.array(sorted(some), np.uint64) for some in (asked, stored))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_LEAST", least)
        found = keys.Sought(one).among(other)

    assert found.tolist() == [key in stored for key in sorted(asked)]


def test_files_of_keys_are_merged_in_order(tmp_path: Path) -> None:
    files = [tmp_path / "one.npy", tmp_path / "two.npy"]
    for file, own in zip(files, ([1, 5, 2**64 - 1], [0, 5]), strict=True):
        keys.write(np.array(own, np.uint64), file)

    assert keys.merged(files).tolist() == [0, 1, 5, 5, 2**64 - 1]
    assert keys.read(files[0]).tolist() == [1, 5, 2**64 - 1]


KEPT = [
    0,
    6438182644088595487,
    16437471838456706669,
    13817815947017514171,
    14040771612332142825,
    1234164473325708319,
]
