"""A search is complete only when everything expected is done and recorded."""

import json

import pytest
from made_runs import certified


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({}, True),
        ({"done": 2, "missing": ["768"]}, False),
        ({"done": 2, "failed": {"768": "out of memory"}}, False),
        ({"unrecorded": 1}, False),
    ],
)
def test_complete_is_done_and_recorded(fields, complete):
    made = certified(**fields)
    assert made.complete is complete
    assert json.loads(made.to_json())["complete"] is complete


def test_the_lines_name_failures_and_what_is_missing():
    made = certified(done=1, failed={"768 dropout=0.3": "out of memory"}, missing=["512", "384"])
    assert made.lines() == [
        "mlp_search: expected 3, done 1 (reused 1), failed 1, missing 2",
        "  failed: 768 dropout=0.3: out of memory",
        "  missing: 512, 384",
    ]
