from collections import Counter

import cv2
import numpy as np
import pytest

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.scenes.camera import Camera
from pipeline.scenes.craft import CLASSES, Primitive
from pipeline.scenes.mesh import build
from pipeline.scenes.render import MIN_BODY, craft_mesh, first_hits, photograph
from pipeline.scenes.scene import LONGEST, craft_of, draw

SIZE, COUNT = 256, 60


@pytest.fixture(scope="module")
def pictures():
    return [photograph(0, "train", index, SIZE) for index in range(COUNT)]


@pytest.mark.parametrize("index", range(0, 40, 4))
def test_labels_are_the_projected_hull_of_a_box(index):
    mesh, camera = build([Primitive((1, 1.5, 2), (0.2, 0, -0.1), "gold foil")]), Camera(512)
    scene = draw(5, "train", index, mesh, camera, attempt=3)
    labels, _, _ = first_hits(scene, mesh, camera)
    pixels = camera.project(scene.pose.to_camera(mesh.vertices)) - 0.5
    hull = cv2.convexHull(np.round(pixels * 256).astype(np.int32))
    expected = cv2.fillConvexPoly(np.zeros((512, 512), np.uint8), hull, 1, lineType=cv2.LINE_8, shift=8)
    either = (labels > 0) | (expected > 0)
    assert ((labels > 0) & (expected > 0)).sum() / either.sum() > 0.96
    inner = cv2.erode(expected, np.ones((3, 3), np.uint8))  # fillConvexPoly also fills the pixels its outline touches
    outer = cv2.dilate(expected, np.ones((3, 3), np.uint8))
    assert labels[inner > 0].all()
    assert not labels[outer == 0].any()


def test_pixel_shares_are_those_of_the_real_set(pictures):
    labels = np.stack([picture.labels for picture in pictures])
    shares = [100 * (labels == part).mean() for part in (0, BODY, PANEL)]
    assert np.abs(np.array(shares) - (95.2, 3.6, 1.2)).max() < 1.5


def test_channel_statistics_are_near_those_of_the_real_set(pictures):
    pixels = np.stack([picture.image for picture in pictures]).reshape(-1, 3) / 255
    assert np.abs(pixels.mean(0) - (0.27, 0.26, 0.28)).max() < 0.08
    assert np.abs(pixels.std(0) - (0.19, 0.19, 0.24)).max() < 0.08


def test_earth_stands_behind_half_of_the_images(pictures):
    assert sum(picture.scene.earth is not None for picture in pictures) == pytest.approx(COUNT / 2, abs=6)


def test_some_craft_are_cut_by_the_image_edge(pictures):
    edges = [np.concatenate([p.labels[0], p.labels[-1], p.labels[:, 0], p.labels[:, -1]]).any() for p in pictures]
    assert 1 <= sum(edges) <= 12


def test_every_image_shows_body_and_the_craft_differs_in_size(pictures):
    assert min((picture.labels == BODY).sum() for picture in pictures) >= MIN_BODY * SIZE**2
    longest = [max(cv2.boundingRect(picture.labels)[2:]) for picture in pictures]
    assert min(longest) < 0.2 * SIZE
    assert 0.6 * SIZE < max(longest) <= (LONGEST[1] + 0.02) * SIZE


def test_classes_are_balanced_and_hidden_on_the_test_split():
    for split in ("train", "val", "test"):
        assert set(Counter(craft_of(0, split, index) for index in range(70)).values()) == {7}
    assert [craft_of(0, "train", index) for index in range(10)] == list(CLASSES)
    blocks = {tuple(craft_of(0, "test", 10 * block + turn) for turn in range(10)) for block in range(7)}
    assert len(blocks) == 7


def test_pixels_depend_on_seed_split_and_index_and_nothing_else(pictures):
    assert np.array_equal(photograph(0, "train", 7, SIZE).image, pictures[7].image)
    others = [photograph(1, "train", 7, SIZE), photograph(0, "val", 7, SIZE), pictures[17]]
    for other in others:
        assert other.scene.craft == pictures[7].scene.craft
        assert not np.array_equal(other.image, pictures[7].image)


def test_the_picture_of_another_size_shows_the_same_scene(pictures):
    large = photograph(0, "train", 1, 2 * SIZE)
    small = pictures[1]
    assert np.allclose(large.scene.pose.translation, small.scene.pose.translation, rtol=1e-3, atol=1e-3)
    shrunk = cv2.resize(large.labels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)
    assert (shrunk != small.labels).mean() < 0.02


def test_edges_are_anti_aliased(pictures):
    """A body pixel beside black sky takes values between the two."""
    mesh = craft_mesh("Cheops")
    assert mesh is craft_mesh("Cheops")
    steps = []
    for picture in pictures:
        if picture.scene.earth is None and picture.scene.exposure > 0.5:
            grey = picture.image.mean(axis=2)
            edge = cv2.morphologyEx(
                (picture.labels > 0).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)
            )
            inside, outside = grey[(picture.labels > 0) & (edge == 0)], grey[(picture.labels == 0) & (edge == 0)]
            if len(inside) and inside.mean() > outside.mean() + 60:
                steps.append((grey[edge > 0].mean() - outside.mean()) / (inside.mean() - outside.mean()))
    assert steps
    assert 0.2 < np.mean(steps) < 0.8
