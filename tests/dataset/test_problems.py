import pandas as pd
import pyarrow as pa

from pipeline.dataset.problems import (
    FIELD,
    Problem,
    as_dicts,
    from_dicts,
    has_problem,
    problem_counts,
    problem_report,
)

FOUND = [
    (),
    (Problem("mask-missing", "mask/a | b: c.jpg"), Problem("box-outside", text="(1, 2): 3 | 4")),
    (Problem("mask-missing", "mask/d.jpg", "gone"), Problem("mask-missing", "mask/e.jpg")),
]
ROWS = pd.DataFrame({"image_id": ["a", "b", "c"], "problems": FOUND}, index=[5, 1, 3])


def test_they_are_the_same_after_a_parquet_column_whatever_they_say():
    column = pa.array(as_dicts(FOUND), FIELD.type)
    assert from_dicts(pa.table({"problems": column}).to_pandas()["problems"]) == FOUND
    assert from_dicts(column.to_pylist()) == FOUND


def test_rows_are_found_by_kind():
    assert has_problem(ROWS).to_dict() == {5: False, 1: True, 3: True}
    assert has_problem(ROWS, ["box-outside", "mask"]).to_dict() == {5: False, 1: True, 3: False}
    assert has_problem(ROWS[:0]).dtype == bool


def test_rows_are_counted_once_a_kind():
    assert problem_counts(ROWS) == {"box-outside": 1, "mask-missing": 2}
    assert problem_counts(ROWS[:1]) == {}


def test_the_report_names_file_and_words():
    assert problem_report(ROWS).splitlines() == [
        "box-outside: 1",
        "  b: (1, 2): 3 | 4",
        "mask-missing: 3",
        "  b: mask/a | b: c.jpg",
        "  c: mask/d.jpg: gone",
        "  c: mask/e.jpg",
    ]
