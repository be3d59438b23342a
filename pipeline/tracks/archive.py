"""The zip around any submission: does it open, is it flat, are its members what is expected and not too large?"""

import stat
import zipfile
from pathlib import Path

from pipeline.errors import UserError, brief, reason
from pipeline.tracks.findings import Findings

OPENS, MEMBERS_GOOD, SIZES_GOOD = "the zip opens", "flat, with its files and no others", "no file is too large"
CHECKS = (OPENS, MEMBERS_GOOD, SIZES_GOOD)
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what every unpacker knows
ENCRYPTED = 1  # bit of a member's flags
EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time in the zip, so that the same answers give the same bytes


def add_member(archive: zipfile.ZipFile, name: str, content: str | bytes, packing: int) -> None:
    """Write a member, packed as one of zipfile's constants says; the same content gives the same bytes."""
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type, member.external_attr = packing, 0o644 << 16
    archive.writestr(member, content)


def check_members(path: Path, wanted: list[str], most_bytes: int, findings: Findings) -> None:
    """Look at the zip's directory; nothing is unpacked.

    Args:
        path: of the zip.
        wanted: names of the members, all and no others.
        most_bytes: that a member may declare to hold.
        findings: complaints go there, under CHECKS.

    Raises:
        UserError: there is no such file.
    """
    findings.begin(OPENS)
    if not path.exists():
        raise UserError(f"no file {path.absolute()}. `./run.sh package` writes one.")
    if not path.is_file():
        kind = "folder" if path.is_dir() else "pipe or device"
        raise UserError(f"{path.absolute()} is a {kind}; expected a zip.")
    if not path.stat().st_size:
        findings[OPENS].append("the zip cannot be read: it has 0 bytes")
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except OSError as error:
        raise UserError(f"cannot read {path.absolute()}: {error.strerror or reason(error)}.") from error
    except Exception as error:  # damaged zips fail in many ways that have no common base
        findings[OPENS].append(f"the zip cannot be read: {reason(error)}")
        return
    if members and min(member.header_offset for member in members):
        findings[OPENS].append("the zip cannot be read: it is cut, or has something before its first member")
        return
    findings.begin(MEMBERS_GOOD, SIZES_GOOD)
    known, names = set(wanted), [member.orig_filename for member in members]
    if known and not known & set(names):
        found = ", ".join(map(brief, names[:3])) or "nothing"
        said = f"expected {wanted[0]} and so on, found {found}: of another track or split, or inside a folder?"
        findings[MEMBERS_GOOD].append(said)
        return
    seen = set()
    for member, name in zip(members, names, strict=True):
        what = f"member {brief(name)}"
        if name not in known:
            findings[MEMBERS_GOOD].append(f"{what}: not expected; the zip is flat and holds {wanted[0]} and so on")
        elif name in seen:
            findings[MEMBERS_GOOD].append(f"{what}: {names.count(name)} times, expected once")
        elif member.flag_bits & ENCRYPTED:
            findings[MEMBERS_GOOD].append(f"{what}: encrypted, expected to be open to all")
        elif member.compress_type not in READABLE:
            packing = zipfile.compressor_names.get(member.compress_type, f"method {member.compress_type}")
            findings[MEMBERS_GOOD].append(f"{what}: packed by {packing}, expected stored or deflated")
        elif stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            findings[MEMBERS_GOOD].append(f"{what}: a link or folder, expected a file")
        elif member.file_size > most_bytes:
            findings[SIZES_GOOD].append(f"{what}: {member.file_size:,} bytes unpacked, expected at most {most_bytes:,}")
        seen.add(name)
    findings[MEMBERS_GOOD] += [f"member {brief(name)}: missing" for name in wanted if name not in seen]
