"""Between places in the image and in space, for whole batches, so that losses can be told; poses.camera in torch."""

import torch

from pipeline.poses.rotations import turned_to

STEPS = 8  # of inverting the distortion; each divides the error by 15 or more at the corners of SPEED+'s images


def translation_of(position_b3: torch.Tensor, camera_b9: torch.Tensor) -> torch.Tensor:
    """Places (b, 3) in the camera's frame, metres; float32, whatever autocast does; differentiable.

    Args:
        position_b3: x and y in shares of the image, distorted as in it, and the logarithm of the depth in metres.
        camera_b9: fx, fy, cx, cy in shares of the image, and k1, k2, p1, p2, k3.
    """
    share_b2, depth_b1 = position_b3[:, :2].float(), position_b3[:, 2:].float().exp()
    return torch.cat([undistorted(share_b2, camera_b9.float()), torch.ones_like(depth_b1)], dim=1) * depth_b1


def undistorted(share_b2: torch.Tensor, camera_b9: torch.Tensor) -> torch.Tensor:
    """x / z and y / z (b, 2) of what is seen at a share of the image.

    OpenCV's model of a lens (https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html), inverted by fixed-point steps as
    cv2.undistortPoints does it. Outside the image, where the polynomial says nothing, the lens shifts things as at its
    edge: a network that has learnt nothing yet points anywhere.
    """
    focal_b2, centre_b2, k1, k2, p1, p2, k3 = camera_b9.tensor_split([2, 4, 5, 6, 7, 8], dim=1)
    inside_b2 = share_b2.clamp(0, 1)
    seen_b2 = (inside_b2 - centre_b2) / focal_b2
    tangential_b2 = torch.cat([p2, p1], dim=1)
    found_b2 = seen_b2
    for _ in range(STEPS):
        square = found_b2.square().sum(dim=1, keepdim=True)
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        twice = 2 * found_b2.prod(dim=1, keepdim=True) * torch.cat([p1, p2], dim=1)
        found_b2 = (seen_b2 - twice - tangential_b2 * (square + 2 * found_b2.square())) / radial
    return found_b2 + (share_b2 - inside_b2) / focal_b2


def seen_along(window_b3: torch.Tensor, camera_b9: torch.Tensor) -> torch.Tensor:
    """Rotations (b, 3, 3) from a camera that looks at the middle of a window to the camera.

    window_b3 is its centre's x and y, -1 to 1 across the image, and its side as a share of the image's.
    A craft that moves across the image without turning is seen from elsewhere: what a window shows of it is as that
    camera sees it, nearly.
    """
    with torch.autocast(window_b3.device.type, enabled=False):
        return turned_to(undistorted((window_b3[:, :2].float() + 1) / 2, camera_b9.float()))


def seen_at(
    points_k3: torch.Tensor, rotation_b33: torch.Tensor, translation_b3: torch.Tensor, camera_b9: torch.Tensor
) -> torch.Tensor:
    """Places (b, k, 2) in the image of points of the body's frame, in the camera's units: pixels, or shares.

    camera_b9 is fx, fy, cx, cy, k1, k2, p1, p2, k3, after Brown and Conrady as poses.camera; NaN behind the camera.
    What lies so far aside that the distortion turns back, which poses.camera leaves out, is seen where it turns to: of
    the cameras named there that is 60 degrees off the axis, far outside of what a label shows.
    """
    with torch.autocast(points_k3.device.type, enabled=False):
        at_bk3 = torch.einsum("bij,kj->bki", rotation_b33.float(), points_k3.float()) + translation_b3.float()[:, None]
        x, y, z = at_bk3.unbind(-1)
        x, y = (torch.where(z > 0, of / z, torch.nan) for of in (x, y))
        fx, fy, cx, cy, k1, k2, p1, p2, k3 = camera_b9.float()[..., None].unbind(1)
        square = x * x + y * y
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        across = x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x)
        down = y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y
        return torch.stack([fx * across + cx, fy * down + cy], dim=-1)
