"""Bodies of usage events as senders may write them, and what readers find in them."""

import json

import pyarrow as pa
from hypothesis import strategies as st

from catchment.usage.intake.decoded import Decoded, Named

NUMBERS = st.one_of(
    st.decimals(-(10**15) + 1, 10**15 - 1, places=12, allow_nan=False).map("{:f}".format),
    st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    st.sampled_from(
        ["1.0", "1.25e2", "1e3", "1E-12", "-0.0", "0e400", "1e-400", "1.50000000000000000", "0.1", "12E+2",
         "999999999999999.9999999999994", "0.1000000000000000055", "0.0000000000005"]
    ),
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
    st.sampled_from(["1.5", "null", "true", '"', "\\", "},{", '"},{"a":"', "\n", "2026-03-01"]),
)
RAW_TEXTS = st.tuples(TEXTS, st.booleans()).map(lambda own: json.dumps(own[0], ensure_ascii=own[1]))
KINDS: dict[str, st.SearchStrategy[str]] = {
    "n": NUMBERS,
    "value": NUMBERS,
    "t": RAW_TEXTS,
    'a"b': RAW_TEXTS,
    "": RAW_TEXTS,
    "Ünï": st.sampled_from(["true", "false"]),
}
ODD = st.one_of(
    NUMBERS, RAW_TEXTS, st.sampled_from(["null", "true", "[]", '[{"x":1},{"x":2}]', '{"y":"1"}'])
)
SPACES = st.sampled_from(["", "", "", " ", "\n", "\t"])


@st.composite
def events(draw: st.DrawFn) -> str:
    """The text of an event as senders may write it; most have their usual properties."""
    odd, space = draw(st.sampled_from([False, False, True])), draw(SPACES)
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), unique=not odd, max_size=5))
    own = [f"{json.dumps(name)}:{space}{draw(ODD if odd else KINDS[name])}" for name in names]
    fields = {
        "customerAlias": draw(st.sampled_from(['"a"', '"b\\u0062"'])),
        "eventType": '"t"',
        "eventTimestamp": draw(st.sampled_from([None, '"2026-03-01T00:00:00.123456Z"'])),
        "customerEventId": draw(st.sampled_from([None, '"one"', '"ünd"', "null"])),
        "eventProperties": draw(st.sampled_from([None, "{" + ", ".join(own) + "}", "null"])),
    }
    order = draw(st.permutations(sorted(fields))) if odd else fields
    sent = [f'"{name}":{space}{fields[name]}' for name in order if fields[name] is not None]
    return "{" + f"{space},".join(sent) + "}"


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    comma = draw(st.sampled_from([",", ", ", ",\n"]))
    return f"[{comma.join(draw(st.lists(events(), min_size=1, max_size=3)))}]".encode()


def filled(decoded: Decoded) -> dict[str, pa.Array]:
    """The columns that have values."""
    columns = decoded._asdict() | decoded.properties
    return {
        name: values
        for name, values in columns.items()
        if isinstance(values, pa.Array) and values.null_count < len(values)
    }


def usual() -> Named:
    kinds = {
        "n": "number",
        "value": "number",
        "Ünï": "flag",
        "t": "text",
        'a"b': "text",
        "": "text",
    }
    return {name: {kind} for name, kind in kinds.items()}


def body(*properties: str, comma: str = ",") -> bytes:
    sent = [
        f'{{"customerAlias":"a","eventType":"t","eventProperties":{own}}}' for own in properties
    ]
    return f"[{comma.join(sent)}]".encode()
