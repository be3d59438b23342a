import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.contracts import Asked
from pipeline.masks import rle
from pipeline.masks.columns import BOX
from pipeline.poses.camera import SPEED_PLUS, Camera
from pipeline.poses.key_points import TANGO, heat_maps
from pipeline.poses.rotations import angle_between, matrix_of
from pipeline.tasks.pose import Pose
from pipeline.tasks.pose.config import PoseConfig

TASK = Pose()
QUATERNION, TRANSLATION = np.array([0.5, -0.5, 0.1, 0.7]), np.array([0.3, -0.2, 6.0])
QUATERNION = QUATERNION / np.linalg.norm(QUATERNION)
ROTATION = matrix_of(torch.tensor(QUATERNION))


def asked(camera: Camera, decode: str = "") -> Asked:
    known = {"camera": camera.shares}
    return Asked("a", np.zeros((8, 8, 3), np.uint8), camera.height, camera.width, known=known, decode=decode)


def outputs(camera: Camera) -> dict[str, np.ndarray]:
    """What a network without fault says."""
    sides = np.array([camera.width, camera.height])
    points = camera.project(TANGO @ ROTATION.numpy().T + TRANSLATION) / sides
    x, y = camera.project(TRANSLATION[None])[0] / sides
    return {
        "rotation": torch.cat([2 * ROTATION[:, 0], ROTATION[:, 1] + ROTATION[:, 0]]).numpy(),
        "position": np.array([x, y, np.log(TRANSLATION[2])]),
        "heat": heat_maps(torch.tensor(points)[None], 128, 128, 2.0)[0].numpy(),
        "key_points": TANGO,
    }


def in_a_window(camera: Camera, x: float, y: float, side: float) -> dict[str, np.ndarray]:
    """What a network without fault says of a window: its centre in shares of the image, and its side."""
    sides = np.array([camera.width, camera.height])
    ray = camera.undistorted(np.array([[x, y]]) * sides)[0]
    ray = (ray - (camera.cx, camera.cy)) / (camera.fx, camera.fy)
    axis = np.cross([0, 0, 1], [*ray, 1])
    turn, _ = cv2.Rodrigues(axis / np.linalg.norm(axis) * np.arctan(np.linalg.norm(ray)))
    seen = turn.T @ ROTATION.numpy()
    points = camera.project(TANGO @ ROTATION.numpy().T + TRANSLATION) / sides
    shares = torch.tensor((points - (x, y)) / side + 0.5)
    return outputs(camera) | {
        "rotation": np.concatenate([seen[:, 0], seen[:, 1]]),
        "heat": heat_maps(shares[None], 128, 128, 2.0)[0].numpy(),
        "window": np.float32([2 * x - 1, 2 * y - 1, side]),
    }


def degrees_off(answer: dict) -> float:
    return float(torch.rad2deg(angle_between(matrix_of(torch.tensor(answer["quaternion"])), ROTATION)))


def test_the_pose_head_says_it_through_any_camera():
    answer = TASK.answer(outputs(SPEED_PLUS), asked(SPEED_PLUS, "direct"))
    assert degrees_off(answer) < 1e-5
    np.testing.assert_allclose(answer["translation_m"], TRANSLATION, atol=1e-6)
    assert not answer["fallback"]


def test_key_points_are_the_default_where_there_are_heat_maps():
    found = outputs(SPEED_PLUS)
    answer = TASK.answer(found, asked(SPEED_PLUS))
    assert degrees_off(answer) < 0.5
    assert np.linalg.norm(answer["translation_m"] - TRANSLATION) < 0.005 * 6
    assert answer == TASK.answer(found, asked(SPEED_PLUS, "pnp")) != TASK.answer(found, asked(SPEED_PLUS, "direct"))
    seen = np.reshape(answer["key_points_px"], (-1, 2))
    np.testing.assert_allclose(seen, SPEED_PLUS.project(TANGO @ ROTATION.numpy().T + TRANSLATION), atol=0.1)
    assert np.allclose(answer["key_point_scores"], 1, atol=0.1)


@pytest.mark.parametrize("camera", [SPEED_PLUS, Camera(900, 900, 256, 256, 512, 512)])
def test_what_is_said_of_a_window_is_brought_back_to_the_image(camera):
    whole = TASK.answer(outputs(camera), asked(camera))["key_points_px"]
    for x, y, side in ((0.55, 0.45, 0.5), (0.35, 0.6, 0.9)):
        found = in_a_window(camera, x, y, side)
        assert degrees_off(TASK.answer(found, asked(camera, "direct"))) < 1e-4
        answer = TASK.answer(found, asked(camera))
        np.testing.assert_allclose(answer["key_points_px"], whole, atol=0.1)
        assert degrees_off(answer) < 0.5
    turned = found | {"window": np.float32([0, 0, 1])}
    assert degrees_off(TASK.answer(turned, asked(camera, "direct"))) > 2


def test_mixed_takes_the_rotation_from_key_points_and_the_place_from_the_head():
    found = outputs(SPEED_PLUS)
    found["position"][2] += 0.1
    found["rotation"] = np.array([1.0, 0, 0, 0, 1, 0])
    answer = TASK.answer(found, asked(SPEED_PLUS, "mixed"))
    assert degrees_off(answer) < 0.5
    np.testing.assert_allclose(answer["translation_m"], TRANSLATION * np.exp(0.1), atol=1e-6)


def test_without_enough_key_points_the_pose_head_steps_in_and_that_is_told():
    found = outputs(SPEED_PLUS) | {"heat": np.zeros((11, 128, 128), np.float32)}
    for decode in ("pnp", "mixed"):
        answer = TASK.answer(found, asked(SPEED_PLUS, decode))
        assert answer["fallback"]
        assert degrees_off(answer) < 1e-5
    del found["rotation"]
    answer = TASK.answer(found, asked(SPEED_PLUS))
    assert (answer["quaternion"], answer["translation_m"], answer["fallback"]) == ([1, 0, 0, 0], [0, 0, 10], True)


def test_box_and_mask_come_at_the_size_of_the_image():
    camera = Camera(100, 100, 40, 20, 80, 40)
    mask_1hw = np.zeros((1, 16, 16), np.float32)
    mask_1hw[:, 4:8, 8:] = 1
    found = outputs(camera) | {"box": np.array([0.5, -0.2, 1.0, 0.5]), "mask": mask_1hw}
    answer = TASK.answer(found, asked(camera, "direct"))
    assert [answer[corner] for corner in BOX] == [40, 0, 80, 20]
    mask_hw = rle.decode(answer["mask_rle"], 40, 80)
    assert mask_hw[10:20, 41:].all()
    assert mask_hw.sum() == pytest.approx(10 * 40, abs=45)  # edges lie between the pixels
    without = TASK.answer(outputs(camera), asked(camera, "direct"))
    assert np.isnan([without[corner] for corner in BOX]).all()
    assert without["mask_rle"] is None


def test_ways_to_decode_follow_the_heads():
    config = PoseConfig()
    ways = {}
    for heads in ("P", "H", "PHS"):
        config.model.heads = heads
        ways[heads] = TASK.decodings(config)
    assert ways == {"P": ("direct",), "H": ("pnp",), "PHS": ("direct", "pnp", "mixed")}


@pytest.mark.parametrize(
    ("heads", "points", "wrong"),
    [
        ("PH", TANGO.tolist(), []),
        ("BS", TANGO.tolist(), ["model.heads is BS; a pose needs P or H"]),
        ("PX", TANGO.tolist(), ["model.heads is PX; X is none of P, H, B, S"]),
        ("PH", [[0, 0]] * 4, ["key_points are [[0, 0], [0, 0], [0, 0], [0, 0]]; expected x, y, z of each"]),
        ("PH", [[0, 0, 0]] * 3, ["key_points are [[0, 0, 0], [0, 0, 0], [0, 0, 0]]; expected 4 or more places"]),
    ],
)
def test_what_no_network_can_be_trained_with(heads, points, wrong):
    config = PoseConfig(key_points=points)
    config.model.heads = heads
    assert TASK.impossible(config) == wrong


def test_what_no_row_teaches_is_refused_and_key_points_of_another_craft_are_remarked():
    config = PoseConfig()
    config.model.heads = "PHBS"
    bare = pd.DataFrame([dict.fromkeys(BOX, np.nan) | {"mask_rle": None}] * 2)
    assert TASK.untaught(config, bare) == [
        "no image to train on has a box: leave B out of model.heads, PHBS",
        "no image to train on has a mask: leave S out of model.heads, PHBS",
    ]
    assert TASK.remarks(config, bare) == [
        "key_points are Tango's, and these images seem to be of another craft: give its own"
    ]
    known = bare.copy()
    known.loc[1, BOX] = [1.0, 2.0, 3.0, 4.0]
    known["mask_rle"] = [None, "x"]
    assert TASK.untaught(config, known) == TASK.remarks(config, known) == []
    config.model.heads = "P"
    assert TASK.untaught(config, bare) == TASK.remarks(config, bare) == []


def test_labels_are_in_shares_of_each_image():
    mask = rle.encode(np.ones((40, 80), bool))
    row = {"quaternion": QUATERNION, "translation_m": TRANSLATION, "width": 80, "height": 40, "mask_rle": mask}
    row |= {"camera": Camera(100, 120, 40, 10, 80, 40, (0.1, 0, 0, 0, 0)).shares}
    row |= dict(zip(BOX, (8, 4, 80, 20), strict=True))
    labels = TASK.labels(pd.DataFrame([row, row | {"mask_rle": None}]))
    np.testing.assert_allclose(labels["camera"][0], [1.25, 3, 0.5, 0.25, 0.1, 0, 0, 0, 0])
    np.testing.assert_allclose(labels["box"][0], [0.1, 0.1, 1, 0.5])
    np.testing.assert_allclose(labels["rotation"][0], ROTATION, atol=1e-6)
    assert labels["masked"].tolist() == [True, False]
    assert (TASK.target_of((mask, 40, 80), 16) == 255).all()
    assert not TASK.target_of((None, 40, 80), 16).any()
