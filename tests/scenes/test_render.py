"""Pictures, masks and key points of many scenes, held against geometry and published shares."""

from collections import Counter

import cv2
import numpy as np
import pytest

from pipeline.dataset.mask_colours import BODY
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.domain import DOMAINS
from pipeline.scenes.labels import label
from pipeline.scenes.mesh import craft_mesh
from pipeline.scenes.render import MIN_BODY, first_hits, look, photograph
from pipeline.scenes.scene import draw
from pipeline.scenes.shapes import box
from pipeline.scenes.spark_layout import shots
from pipeline.scenes.studio import Studio
from tests.scenes.studio import COUNT, SIZE, STUDIO
from tests.scenes.test_light import mesh_of


@pytest.fixture(scope="module")
def images(views):
    return [photograph(view) for view in views]


@pytest.mark.parametrize("index", range(0, 40, 4))
def test_labels_are_the_projected_hull_of_a_box(index):
    mesh = mesh_of(box((1, 1.5, 2), (0.2, 0, -0.1), "gold foil"))
    scene = draw(DOMAINS["default"], (5, "train", index), 10, mesh, 512, attempt=3)
    labels, _, _ = first_hits(scene, mesh)
    pixels = scene.camera.project(scene.pose.to_camera(mesh.vertices)) - 0.5
    hull = cv2.convexHull(np.round(pixels * 256).astype(np.int32))
    expected = cv2.fillConvexPoly(np.zeros((512, 512), np.uint8), hull, 1, lineType=cv2.LINE_8, shift=8)
    inner = cv2.erode(expected, np.ones((3, 3), np.uint8))  # fillConvexPoly also fills the pixels its outline touches
    outer = cv2.dilate(expected, np.ones((3, 3), np.uint8))
    assert labels[inner > 0].all()
    assert not labels[outer == 0].any()


def nearest_part(triangles, part, eye, direction):
    """Part of the triangle that a ray meets first, 0 for none: Moeller and Trumbore's test against every triangle."""
    a, ab, ac = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    p = np.cross(direction, ac)
    det = np.einsum("ij,ij->i", ab, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.einsum("ij,ij->i", eye - a, p) / det
        q = np.cross(eye - a, ab)
        v = q @ direction / det
        along = np.einsum("ij,ij->i", ac, q) / det
    hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (along > 0)
    return part[np.argmin(np.where(hit, along, np.inf))] if hit.any() else 0


@pytest.mark.parametrize("index", range(10))
def test_the_mask_is_the_first_hit_at_pixel_centres(views, index):
    """Against labels.parquet and the triangles alone: rotation and camera written out here, no ray library."""
    view = views[index]
    told = label(shots(STUDIO, COUNT, 0, 0)[index], view)
    w, x, y, z = told["quaternion"]
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + 2 * w * cross + 2 * cross @ cross
    eye = -rotation.T @ told["translation_m"]
    inverse = np.linalg.inv(told["camera_matrix"].reshape(3, 3))
    rng = np.random.default_rng(index)
    columns, rows, width, height = cv2.boundingRect(view.labels)
    agree = []
    for column, row in zip(
        rng.integers(columns, columns + width, 80), rng.integers(rows, rows + height, 80), strict=True
    ):
        direction = rotation.T @ inverse @ (column + 0.5, row + 0.5, 1)
        part = nearest_part(view.mesh.triangles.astype(float), view.mesh.part, eye, direction)
        agree.append(part == view.labels[row, column])
    assert np.mean(agree) >= 0.98  # a pixel centre on an edge may go either way


def test_key_points_land_on_the_render(views):
    """Those in sight are on the craft's pixels, those outside the image or behind are not called seen."""
    landed = []
    for view, shot in zip(views, shots(STUDIO, COUNT, 0, 0), strict=True):
        told = label(shot, view)
        pixels = told["key_points_px"].reshape(-1, 2)
        near = cv2.dilate((view.labels > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        whole = (pixels >= 1).all(axis=1) & (pixels < SIZE - 1).all(axis=1)
        assert not told["key_points_seen"][((pixels < 0) | (pixels >= SIZE)).any(axis=1)].any()
        column, row = np.floor(pixels[whole & told["key_points_seen"]]).astype(int).T
        landed += near[row, column].tolist()
    assert np.mean(landed) >= 0.93  # thin rods fall between pixel centres
    assert 0.3 < len(landed) / (12 * COUNT) < 0.95


def test_key_points_follow_from_pose_and_camera(views):
    told = label(shots(STUDIO, COUNT, 0, 0)[3], views[3])
    matrix = told["camera_matrix"].reshape(3, 3)
    points = told["key_points_m"].reshape(-1, 3)
    w, v = told["quaternion"][0], told["quaternion"][1:]
    turned = points + 2 * np.cross(v, np.cross(v, points) + w * points)
    projected = (turned + told["translation_m"]) @ matrix.T
    assert np.allclose(projected[:, :2] / projected[:, 2:], told["key_points_px"].reshape(-1, 2))
    assert matrix[0, 0] == pytest.approx(1.25 * SIZE, rel=0.002)


def test_the_backgrounds_have_their_shares(views):
    kinds = Counter(view.scene.background for view in views)
    assert kinds["earth"] == pytest.approx(COUNT / 2, abs=6)
    assert set(kinds) == {"earth", "moon", "sun", "stars", "black"}


def test_some_craft_are_cut_by_the_image_edge(views):
    edges = [np.concatenate([v.labels[0], v.labels[-1], v.labels[:, 0], v.labels[:, -1]]).any() for v in views]
    assert 2 <= sum(edges) <= 20


def test_every_image_shows_body_and_the_craft_differs_in_size(views):
    assert min((view.labels == BODY).sum() for view in views) >= MIN_BODY * SIZE**2
    longest = [max(cv2.boundingRect(view.labels)[2:]) for view in views]
    assert min(longest) < 0.2 * SIZE
    assert max(longest) > 0.6 * SIZE


def test_classes_are_balanced_and_hidden_on_the_test_split():
    for split in ("train", "val", "test"):
        assert set(Counter(STUDIO.craft_of(split, index) for index in range(70)).values()) == {7}
    assert [STUDIO.craft_of("train", index) for index in range(10)] == list(CLASSES)
    blocks = {tuple(STUDIO.craft_of("test", 10 * block + turn) for turn in range(10)) for block in range(7)}
    assert len(blocks) == 7


def test_pixels_depend_on_seed_split_and_index_and_nothing_else(images):
    assert np.array_equal(photograph(look(STUDIO, "train", 7)), images[7])
    for studio, split, index in ((Studio(1, SIZE), "train", 7), (STUDIO, "val", 7), (STUDIO, "train", 17)):
        assert studio.craft_of(split, index) == STUDIO.craft_of("train", 7)
        assert not np.array_equal(photograph(look(studio, split, index)), images[7])


def test_the_picture_of_another_size_shows_the_same_scene(views, images):
    view = look(Studio(0, 2 * SIZE), "train", 1)
    assert np.allclose(view.scene.pose.translation, views[1].scene.pose.translation, rtol=1e-3, atol=1e-3)
    shrunk = cv2.resize(view.labels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)
    assert (shrunk != views[1].labels).mean() < 0.02
    image = cv2.resize(photograph(view), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    assert np.abs(image.astype(float) - images[1]).mean() < 12


def test_edges_are_anti_aliased(views, images):
    """A body pixel beside black sky takes values between the two."""
    steps = []
    for view, image in zip(views, images, strict=True):
        if view.scene.background in ("stars", "black") and view.scene.optics.exposure > 0.5:
            grey = image.mean(axis=2)
            edge = cv2.morphologyEx((view.labels > 0).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
            inside, outside = grey[(view.labels > 0) & (edge == 0)], grey[(view.labels == 0) & (edge == 0)]
            if len(inside) and inside.mean() > outside.mean() + 40:
                steps.append((grey[edge > 0].mean() - outside.mean()) / (inside.mean() - outside.mean()))
    assert steps
    assert 0.2 < np.mean(steps) < 0.8


def test_the_shifted_domain_is_darker_and_noisier(images):
    shifted = [photograph(look(Studio(0, SIZE, "shifted"), "train", index)) for index in range(COUNT)]
    assert np.mean(shifted) < 0.8 * np.mean(images)

    def graininess(pictures):
        """Median difference between a pixel and its right neighbour, where that is mostly noise."""
        return np.mean([np.abs(np.diff(p.astype(float), axis=1)).mean() for p in pictures])

    assert graininess(shifted) > 1.3 * graininess(images)
    flat = [p for p in shifted if p.mean() < 0.2 * 255 and p.std() < 0.08 * 255]
    assert len(flat) > COUNT / 5  # as dark and flat as the real images of SPARK 2022: mean 0.15, deviation 0.05


def test_meshes_are_built_once():
    assert craft_mesh("Cheops") is craft_mesh("Cheops")
