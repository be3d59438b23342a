from pipeline.config import config_of, recipe_values
from pipeline.search.winner import write_recipe
from pipeline.settings import flat


def test_a_recipe_gives_back_the_config_that_it_was_written_from(tmp_path):
    for name, own in (
        ("two_looks", {"optim.amp": "off", "seed": 7, "optim.lr": 1.25e-3}),
        ("pose/ph_dwa", {"optim.images_per_epoch": 500}),
    ):
        config = config_of(recipe_values(name) | own)
        write_recipe(tmp_path / "winner.yaml", config, "of a test")
        text = (tmp_path / "winner.yaml").read_text()
        assert text.startswith("# of a test\ntrack: ")
        assert "momentum" not in text  # a default
        assert flat(config_of(recipe_values(str(tmp_path / "winner.yaml")))) == flat(config)
