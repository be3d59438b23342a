import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scenes.camera import Camera, Pose, place

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


@given(UNIT, st.floats(30, 400), st.floats(-0.6, 1.6), st.floats(0, 1))
def test_place_gives_the_size_and_the_spot_asked_for(quaternion, longest, across, down):
    vertices = trimesh.creation.box((1.0, 2.0, 4.0)).vertices
    camera = Camera(512, FOV)
    pose, box = place(vertices, quaternion / np.linalg.norm(quaternion), camera, longest, np.array([across, down]))
    width, height = box[2] - box[0], box[3] - box[1]
    pixels = camera.project(pose.to_camera(vertices))
    assert np.allclose([*pixels.min(0), *pixels.max(0)], box)
    near = 1 + 0.02 * longest  # fixed-point steps end within a few pixels
    assert abs(max(width, height) - longest) < near
    assert -near <= box[1] <= box[3] <= 512 + near
    if across < 0:
        assert abs(box[0] - across * width) < near
    elif across > 1:
        assert abs(box[2] - 512 - (across - 1) * width) < near
    else:
        assert abs(box[0] - across * (512 - width)) < near
