import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scenes.camera import Camera, Pose, place, place_at
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.domain import DOMAINS
from pipeline.scenes.mesh import craft_mesh
from pipeline.scenes.scene import draw

FOV = float(np.degrees(2 * np.arctan(0.4)))  # focal length 1.25 image widths
UNIT = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(np.array).filter(lambda q: np.linalg.norm(q) > 0.1)


def test_the_optical_axis_meets_the_middle_of_the_image():
    assert Camera(512, FOV).project(np.array([[0.0, 0.0, 7.0]])).tolist() == [[256.0, 256.0]]


def test_x_is_right_and_y_is_down():
    pixels = Camera(100, FOV).project(np.array([[1.0, 0, 10], [0, 1.0, 10]]))
    assert pixels.tolist() == [[62.5, 50.0], [50.0, 62.5]]  # focal length 1.25 x 100 px


def test_the_matrix_projects_as_the_camera_does():
    camera, point = Camera(300, 60.0), np.array([[0.7, -0.4, 5.0]])
    homogeneous = camera.matrix @ point[0]
    assert np.allclose(homogeneous[:2] / homogeneous[2], camera.project(point)[0])
    assert camera.focal_px == pytest.approx(150 * np.sqrt(3))  # cotangent of 30 degrees


@given(st.floats(-200, 800), st.floats(-200, 800), st.floats(0.5, 100))
def test_rays_undo_projection(x, y, depth):
    camera = Camera(512, FOV)
    ray = camera.rays(np.array([[x, y]], np.float32))
    assert abs(np.linalg.norm(ray) - 1) < 1e-5
    assert np.allclose(camera.project(ray * depth), [[x, y]], atol=0.05)


@given(UNIT)
def test_quaternions_are_scalar_first_hamilton(quaternion):
    quaternion = quaternion / np.linalg.norm(quaternion)
    rotation = Pose(quaternion, np.zeros(3)).rotation
    assert np.allclose(rotation, trimesh.transformations.quaternion_matrix(quaternion)[:3, :3], atol=1e-9)


@given(UNIT)
def test_the_eye_is_where_the_camera_frame_begins(quaternion):
    pose = Pose(quaternion / np.linalg.norm(quaternion), np.array([0.3, -0.2, 9.0]))
    assert np.allclose(pose.to_camera(pose.eye[None]), 0, atol=1e-9)


@given(UNIT, st.floats(30, 400), st.floats(-0.6, 1.6), st.floats(0, 1), st.floats(-100, 100))
def test_place_gives_the_size_and_the_spot_asked_for(quaternion, longest, across, down, away):
    """Also of a craft that was modelled far from its origin."""
    vertices = trimesh.creation.box((1.0, 2.0, 4.0)).vertices + np.array([away, 0, 0])
    camera = Camera(512, FOV)
    spot = np.array([across, down])
    pose, missed = place(vertices, quaternion / np.linalg.norm(quaternion), camera, longest, spot)
    pixels = camera.project(pose.to_camera(vertices))
    (left, top), (width, height) = pixels.min(0), np.ptp(pixels, axis=0)
    assert missed < 2
    assert abs(max(width, height) - longest) <= missed + 1e-6
    assert -missed - 1e-6 <= top <= top + height <= 512 + missed + 1e-6
    if across < 0:
        wanted = across * width
    elif across > 1:
        wanted = 512 + (across - 1) * width - width
    else:
        wanted = across * (512 - width)
    assert abs(left - wanted) <= missed + 1e-6


@given(UNIT, st.floats(3, 10), st.floats(-0.6, 1.6), st.floats(0, 1))
def test_place_at_gives_the_range_and_the_spot_asked_for(quaternion, range_m, across, down):
    """At 36 degrees a craft of a metre and a half fits into the image from 3 m on."""
    vertices = trimesh.creation.box((0.8, 1.0, 0.3)).vertices + np.array([0.1, 0, 0.15])
    camera = Camera(512, 35.6)
    pose = place_at(vertices, quaternion / np.linalg.norm(quaternion), camera, range_m, np.array([across, down]))
    assert np.linalg.norm(pose.translation) == pytest.approx(range_m, rel=1e-9)
    pixels = camera.project(pose.to_camera(vertices))
    (left, top), (width, height) = pixels.min(0), np.ptp(pixels, axis=0)
    assert abs(top - down * (512 - height)) < 0.5
    if 0 <= across <= 1:
        assert abs(left - across * (512 - width)) < 0.5
    else:
        assert abs(left - (across * width if across < 0 else 512 + (across - 2) * width)) < 0.5


@pytest.mark.parametrize("world", DOMAINS)
def test_the_craft_of_every_scene_stand_where_they_should(world):
    """No box longer than asked, none far from the image, and the camera outside of every craft."""
    domain = DOMAINS[world]
    for index in range(300):
        mesh = craft_mesh(CLASSES[index % 10])
        scene = draw(domain, (0, "train", index), 10, mesh, 1024)
        pixels = scene.camera.project(scene.pose.to_camera(mesh.vertices))
        side = np.ptp(pixels, axis=0)
        assert side.max() <= domain.longest[1] * 1024 + 4
        assert (pixels.min(0) >= -0.6 * side - 4).all()
        assert (pixels.max(0) <= 1024 + 0.6 * side + 4).all()
        middle = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
        reach = np.linalg.norm(mesh.vertices - middle, axis=1).max()
        assert np.linalg.norm(scene.pose.eye - middle) > 1.19 * reach
