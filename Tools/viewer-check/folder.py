"""The folder that the check serves: pydicom's scans, a long series, and a file with a hostile name."""

import pathlib
import shutil
import struct
import zlib

SCANS = ["examples_overlay.dcm", "693_J2KI.dcm", "examples_rgb_color.dcm", "examples_ybr_color.dcm", "MR_truncated.dcm"]
SLICES = 300
HOSTILE = "<img src=x onerror=document.title='hostile'>.png"


def make(scans, folder):
    folder.mkdir(parents=True)
    for name in SCANS:
        shutil.copy(scans / name, folder / name)
    series(scans / "CT_small.dcm", folder / "series")
    (folder / HOSTILE).write_bytes(png(8, 8))


def series(scan, folder):
    """One slice as many: another identifier and place each, of the same length, so that bytes can be put in their stead."""
    folder.mkdir()
    data = scan.read_bytes()
    place = b"-158.135803\\-179.035797\\-75.699997"
    uid = b"1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
    assert place in data and data.count(uid) == 2
    for index in range(SLICES):
        depth = f"{index:010.6f}".encode()
        copy = data.replace(place, place[:-10] + depth).replace(uid, uid[:-3] + f"{index:03d}".encode())
        (folder / f"{index:03d}.dcm").write_bytes(copy)


def png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((column * 30 + row) % 256 for column in range(width)) for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
