"""Draw the picture of the README: one photograph at several k, with what each costs on disk.

    python tools/readme_picture.py

Writes tools/pictures/coffee.png from tests/data/coffee.png. Every panel is decoded from a `.kq`
file, and the figures below it are that file's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import kqformat

_ROOT = Path(__file__).parent.parent
_BOX = (150, 60, 450, 360)
_CAPTION = 44
_GAP = 8


def main() -> None:
    """Write the picture."""
    whole = Image.open(_ROOT / "tests" / "data" / "coffee.png").convert("RGB")
    pixels = np.asarray(whole)
    panels = [_panel(whole, "24 bits a pixel", f"{pixels.size:,} bytes")]
    for colors in (256, 16, 4):
        result = kqformat.quantization(pixels, colors)
        data = kqformat.encode(result.image)
        decoded = Image.fromarray(kqformat.decode(data))
        bits = result.image.index_width
        panels.append(
            _panel(
                decoded,
                f"k = {colors}: {bits} bits, {result.psnr:.1f} dB",
                f"{len(data):,} bytes, 1/{pixels.size / len(data):.2f}",
            )
        )
    width, height = panels[0].size
    sheet = Image.new("RGB", (len(panels) * (width + _GAP) - _GAP, height), "white")
    for position, panel in enumerate(panels):
        sheet.paste(panel, (position * (width + _GAP), 0))
    sheet.save(_ROOT / "tools" / "pictures" / "coffee.png", optimize=True)


def _panel(image: Image.Image, first: str, second: str) -> Image.Image:
    detail = image.crop(_BOX)
    panel = Image.new("RGB", (detail.width, detail.height + _CAPTION), "white")
    panel.paste(detail, (0, 0))
    draw = ImageDraw.Draw(panel)
    font = ImageFont.load_default(15)
    draw.text((4, detail.height + 4), first, fill="black", font=font)
    draw.text((4, detail.height + 22), second, fill="#555", font=font)
    return panel


if __name__ == "__main__":
    main()
