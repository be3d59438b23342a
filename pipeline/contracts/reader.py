"""What index asks of a data set's files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How the files of a data set become rows of the index.

    Attributes:
        items: folder -> an object an image (a NamedTuple): image_id, split, image_path, problems (dataset.problems'
            Problem, a tuple), and truth that tables hold; raises UserError where nothing can be read
        files: item -> paths of its files below the folder, None where it has none; their sizes and times are watched
        check: folder, item -> what is found in its files: content_hash, height, width, problems (as
            above), unread (a file is there and could not be read), and truth that files hold; runs in many processes
        tables: folder -> paths of the tables it is read from, whose content is watched
        usable: index rows -> which of them can be trained on, bool (N,)
        labelled: index rows -> which of them have any truth, bool (N,)
        truth: the columns of truth in the index
        remarks: folder, items -> lines on what lies there and is no item
        beside: folder of images that is no data set -> column of the index -> what it is of each of them, for the
            columns that its task asks for; raises UserError where that is not to be found
        stratum: the column of which each value gets its share of `tune`; None: none
        code: files below pipeline/ that decide what the index says
    """

    items: Callable
    files: Callable
    check: Callable
    tables: Callable
    usable: Callable
    labelled: Callable
    truth: Sequence[pa.Field]
    remarks: Callable = lambda folder, items: []
    beside: Callable = lambda folder: {}
    stratum: str | None = None
    code: tuple[str, ...] = ()
