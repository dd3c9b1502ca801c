"""The annotated hex dumps of Annex B, taken from the real bytes of the pictures they show."""

from __future__ import annotations

from collections.abc import Iterator

from vectors.picture import Picture
from vectors.writer import bit_string

BEGIN = "<!-- annotated dump: {}, written by tools/make_vectors.py -->"
END = "<!-- end of annotated dump -->"

HEAD_FIELDS = [
    (3, "signature"),
    (1, "version"),
    (4, "width"),
    (4, "height"),
    (2, "palette_size - 1"),
    (1, "band_shift"),
    (1, "coding, palette_format"),
]


def annotated_fields(picture: Picture) -> Iterator[tuple[int, str]]:
    """Yield byte length and meaning of each field of a one-band RGB file without metadata."""
    colors = len(picture.palette)
    head_end = len(picture.head().encode())
    payload = len(picture.band_sections()[0]) - 9
    packed = f"ceil({picture.height} * {picture.width} * {picture.index_width} / 8)"
    values = {
        "width": f"{picture.width}",
        "height": f"{picture.height}",
        "version": "1",
        "palette_size - 1": f"{colors - 1}: k = {colors}, so b = {picture.index_width}",
        "band_shift": f"{picture.band_shift}: one band",
        "coding, palette_format": ("0, 0: packed, RGB", "1, 0: entropy, RGB")[picture.coding],
    }
    for size, name in HEAD_FIELDS:
        yield size, f"{name} = {values[name]}" if name in values else name
    for index, entry in enumerate(picture.palette):
        yield picture.channels, f"palette entry {index}: {', '.join(map(str, entry))}"
    yield 4, f"head_crc, of bytes 0 to {head_end - 5}"
    if picture.tags == "B":
        yield 1, "tag 'B': a band"
        yield 4, f"length = {packed}"
        yield payload, "payload, see below"
    else:
        yield 1, "tag 'E': an entropy-coded band"
        yield 4, f"length = {payload}, less than {packed}"
        yield payload, "payload, decoded in entropy.md, 7.9"
    yield 4, f"crc, of bytes {head_end} to {head_end + 4 + payload}"


def field_lines(picture: Picture) -> Iterator[str]:
    """Yield a line for each field: offset, bytes, meaning."""
    data = picture.encode()
    offset = 0
    yield "offset  bytes        meaning"
    for size, meaning in annotated_fields(picture):
        yield f"{offset:6}  {data[offset : offset + size].hex(' ').upper():11}  {meaning}"
        offset += size
    if offset != len(data):
        raise ValueError(f"{offset} bytes annotated of {len(data)}")


def bit_lines(picture: Picture) -> Iterator[str]:
    """Yield lines that spell the band's bits: as bytes, as indices, and what these are."""
    bits = bit_string(picture.indices, picture.index_width)
    padded = bits + "0" * (-len(bits) % 8)
    yield "The payload, bit by bit:"
    yield ""
    in_bytes = [padded[start : start + 8] for start in range(0, len(padded), 8)]
    yield f"bytes    {', '.join(f'{int(byte, 2):02X} = {byte}' for byte in in_bytes)}"
    for row in range(picture.height):
        indices = picture.indices[row * picture.width : (row + 1) * picture.width]
        spelled = " ".join(bit_string([index], picture.index_width) for index in indices)
        yield f"row {row}    {spelled}    indices {' '.join(map(str, indices))}"
    yield f"padding  {padded[len(bits) :]}"


def dump(picture: Picture) -> str:
    """Return the dump as it stands between the markers, in a fenced block."""
    lines = list(field_lines(picture))
    if picture.tags == "B":
        lines += ["", *bit_lines(picture)]
    return "\n".join(["```", *lines, "```"])


def with_dump(text: str, name: str, picture: Picture) -> str:
    """Return the specification's text with the dump between the markers put right."""
    before, begin, rest = text.partition(BEGIN.format(name))
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers of the annotated dump are missing")
    return f"{before}{begin}\n{dump(picture)}\n{END}{after}"
