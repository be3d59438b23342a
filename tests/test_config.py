import pytest

from pipeline.config import RECIPES, config_class, config_of, recipe_values, refuse_impossible
from pipeline.errors import UserError, nearest, offenders
from pipeline.settings import flat


def test_flat_and_back():
    config = config_of({"optim.lr": 0.1, "seed": 3, "model.decoder_width": None})
    assert (config.optim.lr, config.seed, config.model.decoder_width) == (0.1, 3, None)
    assert flat(config_of(flat(config))) == flat(config)
    assert flat({"a": {"b": 1}, "c": 2}) == {"a.b": 1, "c": 2}


def test_a_typo_is_refused_with_the_nearest_name():
    with pytest.raises(UserError, match=r"unknown config key optim.lrr. Did you mean optim.lr\?"):
        config_of({"optim.lrr": 1.0})


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_recipe_is_a_config_of_the_right_types(path):
    values = recipe_values(str(path))
    for name, value in values.items():
        default = flat(config_class(values["track"])())[name]
        assert default is None or type(value) is type(default), name


def test_the_published_recipe():
    config = config_of(recipe_values("segformer_b0"))
    assert (config.model.encoder, config.model.decoder, config.model.decoder_width, config.model.size) == (
        "mit_b0",
        "segformer",
        128,
        512,
    )
    optim = config.optim
    assert (optim.lr, optim.encoder_lr_factor, optim.weight_decay, optim.epochs) == (5e-3, 0.1, 1e-4, 30)
    assert (optim.warmup_epochs, optim.clip_norm) == (1.0, 1.0)


def test_offenders():
    assert offenders(["a", "b"]) == "  a\n  b"
    assert offenders(list("abcdefg")) == "  a\n  b\n  c\n  d\n  e\n  ... and 2 more (7 in all)"
    assert nearest("xyz", ["optim"]) == ""


def test_a_recipe_by_its_name_alone_is_the_default_track_s_else_the_only_one():
    assert recipe_values("lite0") == recipe_values("spark2026/lite0")
    assert recipe_values("deeplabv3")["track"] == "spark2024"
    with pytest.raises(UserError, match=r"no recipe 'spark2024/lite0'.*spark2026/lite0"):
        recipe_values("spark2024/lite0")


def test_every_value_outside_its_range_is_named():
    config = config_of({"optim.lr": -1.0, "optim.momentum": 1.0, "model.dropout": -0.1, "loss.dice": -2.0, "seed": 0})
    with pytest.raises(UserError) as error:
        refuse_impossible(config)
    said = str(error.value).splitlines()[1:]
    assert [line.split()[0] for line in said] == ["optim.momentum", "optim.lr", "model.dropout", "loss.dice"]
    assert said[0].endswith("optim.momentum is 1.0, expected 0 to below 1")
    assert said[1].endswith("optim.lr is -1.0, expected more than 0")


def test_the_recipe_of_2024():
    config = config_of(recipe_values("spark2024/deeplabv3"))
    assert (config.model.decoder, config.model.encoder, config.model.masks) == (
        "tv-deeplabv3",
        "mobilenet_v3_large",
        "softmax",
    )
    assert {name for name, weight in vars(config.loss).items() if weight} == {"jaccard"}
    assert (config.optim.name, config.track, config.model.classify) == ("sgd", "spark2024", False)
