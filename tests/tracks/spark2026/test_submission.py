"""The zip that is written is the zip that is read."""

import ast
import json

import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.errors import UserError
from pipeline.masks import rle
from pipeline.tracks.spark2026 import SIZE, submission
from pipeline.tracks.spark2026.track import TRACK
from tests.makers import answer_row, answers, asked, scene
from tests.tracks.spark2026.zips import (
    EFFICIENCY,
    IDS,
    IMAGES,
    MEMBERS,
    NUMBERS,
    change_row,
    members_of,
    refusal,
    rewritten,
)


def test_round_trip(path):
    rows, efficiency = TRACK.upload.read(path, IMAGES)
    written = answers(NUMBERS)
    for name in rows.columns:
        assert rows[name].tolist() == written[name].tolist()
    assert efficiency == EFFICIENCY


def test_flat_with_exactly_the_members_and_the_same_bytes_twice(path, tmp_path):
    assert members_of(path).keys() == MEMBERS
    submission.write(tmp_path / "again.zip", answers(NUMBERS), dict(reversed(EFFICIENCY.items())))
    assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()


def test_pycocotools_loads_both_files_and_finds_perfect_answers_perfect(path, tmp_path, capsys):
    rows = answers(NUMBERS)
    members = members_of(path)
    for member, kind, categories in (("coco_bbox.json", "bbox", 10), ("coco_segm.json", "segm", 2)):
        results = json.loads(members[member])
        truth = []
        for number, record in enumerate(results, start=1):
            row = rows[rows["image_id"] == record["image_id"]].iloc[0]
            box = [row.x_min, row.y_min, row.x_max - row.x_min, row.y_max - row.y_min]
            part = "body_rle" if record["category_id"] == 1 else "panel_rle"
            segmentation = {"size": [SIZE, SIZE], "counts": row[part]}
            area = box[2] * box[3]
            truth.append(
                {"id": number, "image_id": record["image_id"], "category_id": record["category_id"], "iscrowd": 0}
                | {"bbox": box, "area": area, "segmentation": segmentation}
            )
        images = [{"id": image_id, "height": SIZE, "width": SIZE} for image_id in IDS]
        names = [{"id": i + 1, "name": str(i)} for i in range(categories)]
        (tmp_path / "truth.json").write_text(json.dumps({"images": images, "annotations": truth, "categories": names}))
        (tmp_path / "results.json").write_text(members[member])
        coco = COCO(str(tmp_path / "truth.json"))
        judged = COCOeval(coco, coco.loadRes(str(tmp_path / "results.json")), kind)
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
        assert judged.stats[0] == pytest.approx(1.0)


def test_empty_masks_have_no_coco_record(tmp_path):
    rows = answers(NUMBERS)
    rows.loc[0, "panel_rle"] = rle.encode(rle.decode(rows.loc[0, "panel_rle"], SIZE, SIZE) & False)
    submission.write(tmp_path / "e.zip", rows, EFFICIENCY)
    TRACK.upload.read(tmp_path / "e.zip", IMAGES)
    assert len(json.loads(members_of(tmp_path / "e.zip")["coco_segm.json"])) == 5


def test_the_zip_of_another_split_is_one_line(path):
    with pytest.raises(UserError, match="1 complaints") as error:
        TRACK.upload.read(path, asked(["test_00000_img.jpg"]))
    said = "none of its images ('image 1', 'image 2' ...) is of this split ('test_00000_img.jpg' ...)"
    assert said in str(error.value)


def test_missing_images_and_all_complaints_at_once(path):
    members = members_of(path)
    change_row(members, image_id="image 99", bbox='"(5, 5, 1, 1)"', **{"class": "Hubble"})
    said = refusal(rewritten(path, members))
    for words in (
        "line 2: image 'image 99' is not of this split",
        "'image 1' is missing",
        "class 'Hubble'",
        "inverted",
    ):
        assert words in said
    assert "complaints" in said


@pytest.mark.parametrize(
    "box", ["(1, 2, 3, 4)", "[1, 2, 3, 4]", "1,2,3,4", " ( 1.0 , +2, 3e0,.4e1 ) ", "(1., 2.5, 1023.75, 1024)"]
)
def test_boxes_that_a_reader_of_tuples_takes(path, box):
    """The same text as Python reads it."""
    members = members_of(path)
    change_row(members, bbox=f'"{box}"')
    x_min, y_min, x_max, y_max = ast.literal_eval(box.strip())
    records = json.loads(members["coco_bbox.json"])
    records[0]["bbox"] = [x_min, y_min, x_max - x_min, y_max - y_min]
    members["coco_bbox.json"] = json.dumps(records)
    rows, _ = TRACK.upload.read(rewritten(path, members), IMAGES)
    assert tuple(rows.loc[0, ["x_min", "y_min", "x_max", "y_max"]]) == (x_min, y_min, x_max, y_max)


def test_what_is_valid_by_the_letter_and_hardly_meant_is_noted(tmp_path):
    """Masks that run along rows, or boxes row first; of two images in three a box at random says less."""
    rows = pd.DataFrame(
        [
            answer_row(f"image {n}", n % 10, box, labels_hw == 1, labels_hw == 2)
            for n, (_, labels_hw, box) in ((n, scene(n)) for n in NUMBERS)
        ]
    )

    def notes(changed):
        submission.write(tmp_path / "s.zip", changed, EFFICIENCY)
        findings, _, _ = submission.examine(tmp_path / "s.zip", rows)
        assert findings.complaints == []
        return findings.notes

    assert notes(rows) == []
    said = "with x and y swapped; masks transposed, or boxes row first?"
    first = rows.rename(columns={"x_min": "y_min", "y_min": "x_min", "x_max": "y_max", "y_max": "x_max"})
    assert [note.partition(" 1.00 ")[2] for note in notes(first)] == [said]
    turned = rows.copy()
    for part in ("body_rle", "panel_rle"):
        turned[part] = [rle.encode(rle.decode(counts, SIZE, SIZE).T) for counts in rows[part]]
    assert [note.partition(" 1.00 ")[2] for note in notes(turned)] == [said]
    corner = rows.assign(x_min=0.0, y_min=0.0, x_max=20.0, y_max=20.0)
    assert notes(corner) == ["boxes and masks of 3 of 3 images hardly overlap (IoU below 0.5)"]
    one = rows.copy()
    one.loc[0, ["x_min", "y_min", "x_max", "y_max"]] = [0.0, 0.0, 20.0, 20.0]
    assert notes(one) == []


def test_answers_too_large_for_a_submission_are_refused_before_they_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match=r"coco_bbox.json: .* bytes, expected at most 1,000|submission.csv: .* bytes"):
        submission.write(tmp_path / "s.zip", answers(NUMBERS), EFFICIENCY)
    assert list(tmp_path.iterdir()) == []
