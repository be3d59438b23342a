"""Scenes put together by hand: light, key points and labels are where they must be."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.scenes.camera import Pose
from pipeline.scenes.domain import DOMAINS
from pipeline.scenes.labels import label, seen
from pipeline.scenes.render import HIGHLIGHT, View, first_hits, photograph
from pipeline.scenes.scene import draw
from pipeline.scenes.shapes import box, lathe
from pipeline.scenes.spark_layout import shots
from tests.scenes.studio import COUNT, STUDIO
from tests.scenes.test_light import mesh_of


def quiet(scene):
    """The same scene without blur, noise, bloom and stray light, in front of black."""
    optics = replace(
        scene.optics, exposure=1.0, veil=np.zeros(3, np.float32), read_noise=0.0, electrons=1e12, focus_px=0.0
    )
    optics = replace(optics, motion_px=(0.0, 0.0), bloom=0.0)
    return replace(scene, optics=optics, background="black", globe=None, stars=0, ambient=0.2)


def view_of(mesh, scene):
    return View("Soho", mesh, scene, *first_hits(scene, mesh))


@pytest.mark.parametrize("index", range(6))
def test_picture_and_mask_lie_on_one_another(index):
    """Coverage summed over a lit plate: the picture's centroid is the mask's, to a tenth of a pixel."""
    mesh = mesh_of(box((1, 1.5, 2), (0.2, 0, -0.1), "white paint"))
    scene = quiet(draw(DOMAINS["default"], (5, "train", index), 10, mesh, 256, attempt=3))
    bright = replace(scene.optics, exposure=1 / HIGHLIGHT)  # lit from all around, so that every face is just white
    view = view_of(mesh, replace(scene, ambient=50.0, sun=np.array([0, 0, 1.0]), optics=bright))
    weight = (photograph(view)[..., 1] / 255.0) ** 2.2
    assert weight[cv2.erode(view.labels, np.ones((3, 3), np.uint8)) > 0].min() > 0.99
    rows, columns = np.mgrid[:256, :256]
    for place in (rows, columns):
        seen_at = (place * weight).sum() / weight.sum()
        told_at = place[view.labels > 0].mean()
        assert seen_at == pytest.approx(told_at, abs=0.1)
    assert weight.sum() == pytest.approx((view.labels > 0).sum(), rel=0.01)


@pytest.mark.parametrize("side", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_the_side_towards_the_sun_is_bright(side):
    """A ball, the sun to one side, camera axes: x right, y down."""
    around = np.linspace(0, np.pi, 13)
    ball = lathe(list(zip(np.sin(around).round(9), -np.cos(around), strict=True)), (0, 0, 0), "white paint")
    mesh = mesh_of(ball)
    scene = quiet(draw(DOMAINS["default"], (5, "train", 3), 10, mesh, 256, attempt=3))
    sun = np.array([*side, -0.3]) / np.linalg.norm([*side, -0.3])
    ahead = Pose(scene.pose.quaternion, np.array([0.0, 0.0, 6.0]))
    view = view_of(mesh, replace(scene, pose=ahead, sun=sun, ambient=0.0))
    light = (photograph(view)[..., 1] / 255.0) ** 2.2
    rows, columns = np.mgrid[:256, :256]
    on = view.labels > 0
    for place, towards in ((columns, side[0]), (rows, side[1])):
        shift = ((place * light).sum() / light.sum() - place[on].mean()) / np.ptp(place[on])
        assert shift == pytest.approx(0.2 * towards, abs=0.07)


def test_key_points_behind_the_craft_are_not_called_seen():
    """Of a box's corners those are seen that touch a face turned to the camera: closed form for a convex body."""
    mesh = mesh_of(box((1, 1.5, 2), (0.2, 0, -0.1), "gold foil"))
    corners = np.unique(mesh.vertices, axis=0)
    outwards = corners - corners.mean(axis=0)
    for index in range(20):
        scene = draw(DOMAINS["default"], (5, "train", index), 10, mesh, 256, attempt=3)
        pixels = scene.camera.project(scene.pose.to_camera(corners))
        if ((pixels < 0) | (pixels >= 256)).any():
            continue
        to_eye = scene.pose.eye - corners
        expected = ((outwards * to_eye > 0) & (np.abs(to_eye) > 0)).any(axis=1)
        assert seen(view_of(mesh, scene), scene.pose.to_camera(corners)).tolist() == expected.tolist()


def test_labels_say_what_the_scene_was(views):
    for view, shot in zip(views, shots(STUDIO, COUNT, 0, 0), strict=True):
        told = label(shot, view)
        assert told["background"] == view.scene.background
        assert told["exposure"] == view.scene.optics.exposure
        assert np.array_equal(told["sun"], view.scene.sun)
