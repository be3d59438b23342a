"""Bytes as bad disks and connections leave them."""

from hypothesis import strategies as st


def damaged(data: st.DataObject, whole: bytes, most_cut: int, most_put: int) -> bytes:
    """Bytes changed, cut out or put in anywhere, as hypothesis draws them."""
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["change", "cut", "insert"]))
        if kind == "change":
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at : at + data.draw(st.integers(1, most_cut))]
        else:
            content[at:at] = data.draw(st.binary(min_size=1, max_size=most_put))
    return bytes(content)
