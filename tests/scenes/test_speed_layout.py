import json

import numpy as np
import pytest

from pipeline.scenes.craft import TARGET
from pipeline.scenes.domain import POSE_DOMAINS
from pipeline.scenes.speed_layout import beside, shots, written
from pipeline.scenes.studio import Studio


def studio(world: str = "default", size: int = 512) -> Studio:
    return Studio(0, size, world, built_in=(TARGET,), domains=POSE_DOMAINS)


def test_numbers_go_on_from_split_to_split():
    plan = shots(studio(), train=3, val=2, test=2)
    assert [shot.image_id for shot in plan] == [f"synthetic/img{number:06d}.jpg" for number in range(1, 8)]
    assert [str(shot.table) for shot in plan] == [
        *["synthetic/train.json"] * 3,
        *["synthetic/validation.json"] * 2,
        *["synthetic/test.json"] * 2,
    ]
    assert str(plan[3].image) == "synthetic/images/img000004.jpg"
    assert str(plan[3].mask) == "synthetic/masks/img000004.png"
    assert [shot.mask is None for shot in plan] == [False] * 5 + [True] * 2
    assert {shot.craft for shot in plan} == {"Tango"}


def test_the_shifted_domain_stands_in_for_hardware_in_the_loop():
    plan = shots(studio("shifted"), train=0, val=2, test=0)
    assert [(shot.split, str(shot.table), shot.image_id) for shot in plan] == [
        ("val", "lightbox/test.json", "lightbox/img000001.jpg"),
        ("val", "lightbox/test.json", "lightbox/img000002.jpg"),
    ]


@pytest.mark.parametrize("world", POSE_DOMAINS)
def test_the_camera_is_that_of_speed_plus_squeezed_to_a_square(world):
    (path, text), *others = beside(studio(world, 480)).items()
    assert str(path) == "camera.json"
    assert not others
    camera = json.loads(text)
    assert (camera["Nu"], camera["Nv"], camera["ccx"], camera["ccy"]) == (480, 480, 240, 240)
    focal = 2988.5795163815555 * 480 / 1920
    assert np.allclose(camera["cameraMatrix"], [[focal, 0, 240], [0, focal, 240], [0, 0, 1]])
    assert camera["fx"] / camera["ppx"] == pytest.approx(focal) == camera["fy"] / camera["ppy"]
    assert camera["ppx"] * 480 == pytest.approx(5.86e-6 * 1920)  # the width of the sensor
    assert camera["distCoeffs"] == [0] * 5


def test_tables_are_json_lists_with_a_line_an_image():
    rows = [{"filename": "a.jpg", "q_vbs2tango_true": [0.1 + 0.2, 0, 0, 1]}, {"filename": "b.jpg"}]
    text = written(rows)
    assert json.loads(text) == rows
    assert len(text.splitlines()) == 4
    assert json.loads(written([])) == []
