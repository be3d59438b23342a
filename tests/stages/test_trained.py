"""A run of a network with branches: it keeps them, and answers and is counted without."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.models.cost import gmac, mparams
from pipeline.models.network import build_network
from pipeline.stages.packaged import efficiency_of
from pipeline.stages.trained import Trained
from pipeline.verbs.train import train


def test_weights_are_kept_with_their_branches_and_used_without(workplace, capsys):
    config = config_of(recipe_values("smoke") | {"optim.epochs": 1, "model.encoder": "tu-repghostnet_050"})
    place = train(config, "smoke")
    unfused, trained = build_network(config.model, 10, load_weights=False).eval(), Trained.of(place)
    state = load_file(place.best)
    assert state.keys() == unfused.state_dict().keys()
    unfused.load_state_dict(state)
    image_bchw = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(trained.network.cpu()(image_bchw), unfused(image_bchw), atol=1e-4, rtol=0)
    counted = efficiency_of(trained)
    assert counted["mparams"] < mparams(unfused)
    assert counted["gmac"] < gmac(unfused, unfused.example_input())
    said = capsys.readouterr().out
    assert f"{counted['mparams']:.3f} M parameters, {counted['gmac']:.3f} GMAC" in said
    assert main(["cost", "smoke", "--model.encoder", "tu-repghostnet_050"]) == 0
    said = capsys.readouterr().out
    assert f"{counted['mparams']:8.3f} M" in said
    assert f"{counted['gmac']:8.3f} GMAC" in said


def test_a_data_folder_whose_name_looks_like_a_number(workplace):
    (workplace / "data/tiny").rename("1e3")
    place = train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke", Path("1e3"))
    assert Trained.of(place).trained_on == Path("1e3")
