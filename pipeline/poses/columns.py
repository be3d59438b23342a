"""The columns that truth, answers and judges of poses share, spelt once."""

import pyarrow as pa

QUATERNION, TRANSLATION, CAMERA, MASK = "quaternion", "translation_m", "camera", "mask_rle"
POSE_FIELDS = [
    pa.field(QUATERNION, pa.list_(pa.float64())),  # w, x, y, z, from body to camera; null: no pose
    pa.field(TRANSLATION, pa.list_(pa.float64())),  # of the body's origin in the camera's frame
]
CAMERA_FIELD = pa.field(CAMERA, pa.list_(pa.float64()))  # poses.camera.Camera.shares
MASK_FIELD = pa.field(MASK, pa.string())  # of the craft, COCO counts at the image's size; null: no mask
