"""Writes Sources/Reporting/Figures/FigureFontData.swift: Roboto (Apache-2.0, Debian's fonts-roboto-unhinted), drawn once at the
size that figures use, so that drawing a label needs neither a font file nor a font library.

    python3 Tools/figure-font.py /usr/share/fonts/truetype/roboto/unhinted/RobotoTTF

Needs Pillow. Each face is, for each character: its code point (2 bytes), advance, left, top, width, height (1 byte each,
left and top signed), then its coverage in sixteenths, two to a byte, row after row.
"""

import base64
import struct
import sys
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = 15
CHARACTERS = [chr(c) for c in [*range(0x20, 0x7F), *range(0xA0, 0x100)]] + list("–—‘’“”…−")


def face(path: Path) -> bytes:
    font = ImageFont.truetype(str(path), SIZE, layout_engine=ImageFont.Layout.BASIC)
    data = bytearray()
    for character in CHARACTERS:
        canvas = Image.new("L", (4 * SIZE, 3 * SIZE))
        ImageDraw.Draw(canvas).text((SIZE, SIZE), character, fill=255, font=font, anchor="ls")
        box = canvas.getbbox() or (SIZE, SIZE, SIZE, SIZE)
        ink = canvas.crop(box)
        levels = [round(v / 17) for v in ink.tobytes()]
        if len(levels) % 2:
            levels.append(0)
        data += struct.pack(
            "<HBbbBB", ord(character), round(font.getlength(character)), box[0] - SIZE, box[1] - SIZE, *ink.size
        )
        data += bytes(a << 4 | b for a, b in zip(levels[::2], levels[1::2]))
    return bytes(data)


def literal(name: str, data: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(data).decode(), 110)
    body = "\\\n".join("        " + line for line in lines)
    return f'    static let {name} = """\n{body}\n        """\n'


folder = Path(sys.argv[1])
source = "// Made by Tools/figure-font.py from Roboto (Copyright Google, Apache-2.0).\n// swift-format-ignore-file\n\nenum FigureFontData {\n"
source += literal("regular", face(folder / "Roboto-Regular.ttf")) + "\n"
source += literal("bold", face(folder / "Roboto-Bold.ttf")) + "}\n"
Path(__file__).parent.parent.joinpath("Sources/Reporting/Figures/FigureFontData.swift").write_text(source)
