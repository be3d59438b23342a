import pytest

from pipeline.cli import main


def test_the_published_recipe(capsys):
    assert main(["cost", "--recipe", "segformer_b0"]) == 0
    said = capsys.readouterr().out
    assert "parameters      3.454 M      S_params 0.8849" in said
    assert "compute         4.483 GMAC   S_flops  0.9552" in said
    assert "of S_final     0.2760" in said
    assert "Attention -1.040" in said


def test_a_size_and_a_line_a_module(capsys):
    assert main(["cost", "--recipe", "smoke", "--size", "32", "--by-module"]) == 0
    said = capsys.readouterr().out
    assert "one image of 32 px" in said
    lines = [line.split() for line in said.partition("module  ")[2].splitlines()]
    table = {line[0]: (float(line[-2]), float(line[-1])) for line in lines[1:]}
    assert table["whole"] == (0.283, 0.001)
    assert table["whole"][0] - 0.01 < table["encoder"][0] + table["decoder"][0] <= table["whole"][0]


def test_a_network_that_cannot_be_built(capsys):
    assert main(["cost", "--recipe", "smoke", "--size", "33"]) == 2
    assert "model.size is 33" in capsys.readouterr().err


def test_what_is_over_the_budget_is_said(capsys):
    assert main(["cost", "smoke", "--model.encoder", "resnet50"]) == 0
    assert "over the budget of 100 GMAC and 30 M parameters" not in capsys.readouterr().out
    assert main(["cost", "smoke", "--model.encoder", "resnet101"]) == 0
    assert "over the budget of 100 GMAC and 30 M parameters" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["0", "-32", "100"])
def test_sizes_that_cannot_be(size, capsys):
    assert main(["cost", "smoke", "--size", size]) == 2
    assert "multiple of 32" in capsys.readouterr().err
