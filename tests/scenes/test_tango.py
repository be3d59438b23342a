"""Tango, held against the eleven published key points, and its poses against its masks."""

import cv2
import numpy as np
import pytest

from pipeline.scenes.craft import CLASSES, TARGET
from pipeline.scenes.domain import POSE_DOMAINS
from pipeline.scenes.labels import label
from pipeline.scenes.mesh import craft_mesh
from pipeline.scenes.render import look
from pipeline.scenes.scene import draw
from pipeline.scenes.speed_layout import shots
from pipeline.scenes.studio import Studio

SIZE, COUNT = 256, 60
PUBLISHED = [  # metres; SPNv2's tangoPoints: corners of the panel, of the bottom, tips of the antennas
    *((-0.37, -0.385, 0.3215), (-0.37, 0.385, 0.3215), (0.37, 0.385, 0.3215), (0.37, -0.385, 0.3215)),
    *((-0.37, -0.264, 0.0), (-0.37, 0.304, 0.0), (0.37, 0.304, 0.0), (0.37, -0.264, 0.0)),
    *((-0.5427, 0.4877, 0.2535), (0.5427, 0.4877, 0.2591), (0.305, -0.579, 0.2515)),
]


@pytest.fixture(scope="module")
def views():
    studio = Studio(0, SIZE, built_in=(TARGET,), domains=POSE_DOMAINS)
    return [look(studio, "train", index) for index in range(COUNT)]


def told_of(views):
    shots_ = shots(Studio(0, SIZE, built_in=(TARGET,), domains=POSE_DOMAINS), COUNT, 0, 0)
    return [label(shot, view) for shot, view in zip(shots_, views, strict=True)]


def test_the_key_points_are_the_published_ones_in_their_order():
    assert craft_mesh(TARGET).key_points.tolist() == [list(point) for point in PUBLISHED]
    assert TARGET not in CLASSES


def test_every_key_point_is_a_vertex_of_the_mesh():
    vertices = craft_mesh(TARGET).vertices
    away = np.linalg.norm(vertices[:, None] - np.array(PUBLISHED)[None], axis=2).min(axis=0)
    assert away.max() < 0.0005


def test_nothing_reaches_beyond_the_key_points_but_the_ring_below():
    """The panel is the top, the antennas end at their tips, and details on the body stay within 6 cm of it."""
    vertices, points = craft_mesh(TARGET).vertices, np.array(PUBLISHED)
    assert vertices[:, 2].max() == pytest.approx(0.3215, abs=1e-6)
    assert -0.035 < vertices[:, 2].min() < 0
    assert np.allclose(vertices[:, :2].max(0), points[:, :2].max(0), atol=0.001)
    assert np.allclose(vertices[:, :2].min(0), points[:, :2].min(0), atol=0.001)
    antennas = (np.abs(vertices[:, 0]) > 0.40) | (vertices[:, 1] < -0.386) | (vertices[:, 1] > 0.386)
    tips = vertices[antennas][:, None] - points[None, 8:]
    assert np.linalg.norm(tips, axis=2).min(axis=1).max() < 0.02


def test_ranges_are_those_of_speed_plus_and_attitudes_are_uniform(views):
    ranges = [np.linalg.norm(view.scene.pose.translation) for view in views]
    assert min(ranges) >= 3
    assert max(ranges) <= 10
    assert np.median(ranges) == pytest.approx(np.sqrt(30), rel=0.1)  # log-uniform
    rotations = np.array([view.scene.pose.rotation for view in views])
    assert np.abs(rotations.mean(axis=0)).max() < 0.3  # nine means of 60, each of deviation 0.075
    assert (np.square(rotations).mean(axis=0) > 0.2).all()  # 1/3 where uniform


@pytest.mark.parametrize("world", POSE_DOMAINS)
def test_a_second_attempt_is_nearer(world):
    studio = Studio(0, SIZE, world, built_in=(TARGET,), domains=POSE_DOMAINS)
    for index in range(10):
        scenes = [draw(studio.domain, (0, "val", index), 1, craft_mesh(TARGET), SIZE, attempt) for attempt in range(9)]
        ranges = [np.linalg.norm(scene.pose.translation) for scene in scenes]
        steps = np.diff(np.log(ranges)) / np.log(10 / 3)
        assert steps[0] == pytest.approx(-min(0.12, np.log(ranges[0] / 3) / np.log(10 / 3)), abs=1e-9)
        assert steps.max() < 1e-9
        assert min(ranges) > 3 - 1e-9


def test_most_of_the_craft_is_inside_the_image(views):
    inside = []
    for told in told_of(views):
        pixels = told["key_points_px"].reshape(-1, 2)
        inside.append(((pixels >= 0) & (pixels < SIZE)).all(axis=1).mean())
    assert np.mean(inside) > 0.93
    assert min(inside) > 0.2
    assert 1 <= sum(share < 1 for share in inside) <= 15  # some are cut by the edge


def corner_gaps(views, shift_m=0.0):
    """Pixels between corners by the label's numbers alone and the mask's edge.

    Of the corners of panel and bottom that are blunt corners of the silhouette's hull, a few pixels inside the image.
    """
    gaps = []
    for view, told in zip(views, told_of(views), strict=True):
        w, v = told["quaternion"][0], told["quaternion"][1:]
        points = np.concatenate([np.array(PUBLISHED), view.mesh.vertices.astype(float)])
        turned = points + 2 * np.cross(v, np.cross(v, points) + w * points) + told["translation_m"]
        turned[:, 0] += shift_m
        homogeneous = turned @ told["camera_matrix"].reshape(3, 3).T
        pixels = (homogeneous[:, :2] / homogeneous[:, 2:]).astype(np.float32)
        mask = (view.labels > 0).astype(np.uint8)
        edge = np.argwhere(cv2.dilate(mask, np.ones((3, 3))) != cv2.erode(mask, np.ones((3, 3))))[:, ::-1] + 0.5
        hull = cv2.convexHull(pixels)[:, 0]
        for corner in pixels[:8]:
            place = np.linalg.norm(hull - corner, axis=1).argmin()
            before, after = hull[place - 1] - hull[place], hull[(place + 1) % len(hull)] - hull[place]
            cosine = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))
            on_hull = np.linalg.norm(hull[place] - corner) < 0.05
            if on_hull and cosine < 0.5 and (corner > 3).all() and (corner < SIZE - 3).all():
                gaps.append(np.linalg.norm(edge - corner, axis=1).min())
    return np.array(gaps)


def test_the_labels_put_the_corners_on_the_edge_of_the_mask(views):
    gaps = corner_gaps(views)
    assert len(gaps) > 40
    assert gaps.max() <= 1


def test_a_wrong_pose_puts_them_elsewhere(views):
    assert (corner_gaps(views, shift_m=0.05) > 1).mean() > 0.3


def test_antenna_tips_that_are_seen_are_on_the_mask(views):
    near, seen = [], 0
    for view, told in zip(views, told_of(views), strict=True):
        around = cv2.dilate((view.labels > 0).astype(np.uint8), np.ones((5, 5)))
        pixels = np.floor(told["key_points_px"].reshape(-1, 2)[8:]).astype(int)
        tips = pixels[told["key_points_seen"][8:]]
        seen += len(tips)
        near += around[tips[:, 1], tips[:, 0]].tolist()
    assert seen > COUNT  # of three an image, at most one behind the body in most
    assert np.mean(near) > 0.85  # thin rods fall between pixel centres
