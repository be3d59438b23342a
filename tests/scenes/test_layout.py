import cv2
import numpy as np
import pytest

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.errors import UserError
from pipeline.scenes.layout import layout_of
from pipeline.scenes.render import look
from pipeline.scenes.spark_layout import encode_mask, shots, stored_box
from pipeline.scenes.studio import Studio


def decode(content: bytes) -> np.ndarray:
    """Labels by nearest of black, red and blue."""
    rgb = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    red, blue = rgb[..., 0], rgb[..., 2]
    return np.select([(red > 127) & (red >= blue), (blue > 127) & (blue > red)], [BODY, PANEL], 0)


def test_masks_survive_jpeg():
    seen = 0
    for index in range(20):
        labels = look(Studio(0, 512), "train", index).labels
        read = decode(encode_mask(labels))
        for part in (BODY, PANEL):
            if (labels == part).sum() > 50:
                union = ((labels == part) | (read == part)).sum()
                assert ((labels == part) & (read == part)).sum() / union >= 0.99
                seen += part == PANEL
    assert seen >= 10


def test_mask_colours_are_red_for_body_and_blue_for_panel():
    labels = np.zeros((64, 64), np.uint8)
    labels[:32], labels[32:, :32] = BODY, PANEL
    rgb = cv2.imdecode(np.frombuffer(encode_mask(labels), np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    for at, colour in (((8, 8), (255, 0, 0)), ((56, 8), (0, 0, 255)), ((56, 56), (0, 0, 0))):
        assert np.abs(rgb[at] - colour).max() <= 2


def test_the_box_is_column_first_and_max_exclusive(tmp_path):
    labels = np.zeros((64, 64), np.uint8)
    labels[10:20, 30:60] = BODY
    labels[20:24, 40:44] = PANEL
    (tmp_path / "mask.jpg").write_bytes(encode_mask(labels))
    assert stored_box(tmp_path / "mask.jpg") == "(30, 10, 60, 24)"


def test_names_repeat_across_classes_but_not_within_one():
    plan = shots(Studio(0, 512), train=33, val=17, test=5)
    assert len({shot.image for shot in plan}) == len(plan) == 55
    first = [shot for shot in plan if shot.image.name == "00000_img.jpg"]
    assert len(first) == 10
    assert {shot.split for shot in first} == {"train"}
    labelled = [(shot.craft, shot.image.name) for shot in plan if shot.mask]
    assert len(set(labelled)) == len(labelled) == 50
    assert str(plan[9].mask) == "mask/XMM Newton/train/00000_layer.jpg"
    assert [str(shot.image) for shot in plan[-2:]] == [
        "images/test/test_00003_img.jpg",
        "images/test/test_00004_img.jpg",
    ]


@pytest.mark.parametrize("share", [0, 0.6, 0.95])
def test_a_mask_that_is_not_whole_has_no_box(tmp_path, share):
    """OpenCV would fill up the lost half and box what is left."""
    labels = np.zeros((64, 64), np.uint8)
    labels[10:60, 30:60] = BODY
    content = encode_mask(labels)
    (tmp_path / "mask.jpg").write_bytes(content[: int(share * len(content))] + b"\xff\xd9")
    with pytest.raises(UserError, match=r"mask\.jpg cannot be read: .* Delete it and run the same simulate command"):
        stored_box(tmp_path / "mask.jpg")


def test_tracks_that_nothing_is_rendered_for_are_refused():
    with pytest.raises(UserError, match=r"for a track 'spark2025'\. Did you mean spark202\d\? There are spark2026, "):
        layout_of("spark2025")
