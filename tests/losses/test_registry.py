from dataclasses import fields

import pytest
import torch

from pipeline.losses.registry import Losses, weights_of
from pipeline.settings import out_of_range


def test_a_loss_is_a_weight_a_meaning_and_a_value_by_its_name():
    loss = Losses()

    @loss(2.0, "of the first")
    def first(outputs, batch):
        return outputs["x"] - batch["x"]

    @loss(0.0, "of the second", kind="rare")
    def second(outputs, batch):
        raise AssertionError("it is not asked")

    made = loss.config("SomeConfig", __name__)
    config = made()
    assert [(each.name, each.default) for each in fields(made)] == [("first", 2.0), ("second", 0.0)]
    assert made.__doc__.endswith("Args:\n    first: of the first\n    second: of the second")
    assert (made.__module__, made.__name__) == (__name__, "SomeConfig")
    assert loss.traits == {"first": {}, "second": {"kind": "rare"}}
    assert weights_of(config) == {"first": 2.0}
    found = loss.of(weights_of(config), {"x": torch.tensor(5.0)}, {"x": torch.tensor(3.0)})
    assert found == {"first": pytest.approx(2.0)}
    assert out_of_range(made(first=-1.0)) == ["first is -1.0, expected 0 or more"]


def test_two_registries_know_nothing_of_each_other():
    one, other = Losses(), Losses()
    one(1.0, "")(len)
    assert (list(one.functions), list(other.functions)) == (["len"], [])
