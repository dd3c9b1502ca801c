"""Mutations of `.kq` files in terms of the format, after which lengths and checksums are right.

Of bytes that were changed blindly, a decoder sees the wrong checksum and nothing else. So a file
is taken to pieces, one or a few of these are changed, and it is put together again by the writer of
the test vectors, which validates nothing; now and then without one of the repairs, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from vectors import writer

HEAD_BYTES = 16
NUMBERS = (0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 4096, 65_535)
LARGE = (65_536, 2**24, 2**28, 2**31 - 1, 2**31, 2**32 - 1)
TAGS = b"BEiexrzaqZA@[0\x00\xff"
MAX_SECTIONS = 80


@dataclass(slots=True)
class Parts:
    """A file in pieces: the fields of the head, the palette as stored, tags and payloads."""

    signature: bytes
    width: int
    height: int
    palette_size: int
    band_shift: int
    coding: int
    palette_format: int
    stored_palette: bytes
    sections: list[tuple[int, bytes]] = field(default_factory=list)
    tail: bytes = b""


def mutate(data: bytes, random: Random, others: list[bytes], max_bytes: int = 4096) -> bytes:
    """Return a file that differs a little.

    Parameters
    ----------
    data : bytes
        A file, right or not.
    random : Random
        What decides.
    others : list of bytes
        Files from which pieces are taken.
    max_bytes : int
        The most that are returned.

    Examples
    --------
    >>> head = writer.Head(2, 1, ((1, 2, 3), (4, 5, 6))).encode()
    >>> file = head + writer.section("B", bytes([64]))
    >>> mutants = {mutate(file, Random(seed), [file]) for seed in range(50)}
    >>> len(mutants) > 40
    True
    """
    parts = taken_apart(data) if random.random() < 0.95 else None
    if parts is None:
        return changed_bytes(data or random.choice(others), random)[:max_bytes]
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
        random.choice(CHANGES)(parts, random, others)
    if random.random() < 0.6:
        fit_payloads(parts)
    return put_together(parts, random)[:max_bytes]


def taken_apart(data: bytes) -> Parts | None:
    """Return the pieces of a file, as far as they can be told apart."""
    if len(data) < HEAD_BYTES + 4:
        return None
    parts = Parts(
        signature=data[:4],
        width=int.from_bytes(data[4:8], "big"),
        height=int.from_bytes(data[8:12], "big"),
        palette_size=int.from_bytes(data[12:14], "big") + 1,
        band_shift=data[14],
        coding=data[15] >> 4,
        palette_format=data[15] & 15,
        stored_palette=b"",
    )
    end = HEAD_BYTES + stored_length(parts, data)
    parts.stored_palette = data[HEAD_BYTES:end]
    at = end + 4
    while at + 9 <= len(data) and len(parts.sections) < MAX_SECTIONS:
        length = int.from_bytes(data[at + 1 : at + 5], "big")
        if at + 9 + length > len(data):
            break
        parts.sections.append((data[at], data[at + 5 : at + 5 + length]))
        at += 9 + length
    parts.tail = data[at:]
    return parts


def stored_length(parts: Parts, data: bytes) -> int:
    """Return the bytes that the palette takes in the file (spec §4)."""
    plain = parts.palette_size * (3 + parts.palette_format % 2)
    if not parts.palette_format & 2:
        return plain
    size = 1 if plain < 2**8 else 2 if plain < 2**16 else 3
    return size + int.from_bytes(data[HEAD_BYTES : HEAD_BYTES + size], "big")


def put_together(parts: Parts, random: Random) -> bytes:
    """Return the file, its checksums right, or rarely one of them wrong."""
    head = b"".join(
        [
            parts.signature,
            writer.u32(parts.width & 0xFFFFFFFF),
            writer.u32(parts.height & 0xFFFFFFFF),
            (parts.palette_size - 1 & 0xFFFF).to_bytes(2, "big"),
            bytes([parts.band_shift & 255, (parts.coding << 4 | parts.palette_format) & 255]),
            parts.stored_palette,
        ]
    )
    pieces = [head, writer.crc32(head)]
    pieces += [writer.section(chr(tag), payload) for tag, payload in parts.sections]
    data = b"".join([*pieces, parts.tail])
    if random.random() < 0.03:
        return changed_bytes(data, random)
    return data


def changed_bytes(data: bytes, random: Random) -> bytes:
    """Return bytes with some changed, removed or added."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 8))):
        at = random.randrange(len(changed) + 1)
        kind = random.randrange(6)
        if kind == 0:
            del changed[at : at + random.choice((1, 1, 2, 4, 16, 10**6))]
        elif kind == 1:
            changed[at:at] = random.randbytes(random.choice((1, 1, 2, 4, 16)))
        elif kind == 2 and at < len(changed):
            changed[at] = random.choice((0, 1, 127, 128, 255))
        elif at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
    return bytes(changed)


def fit_payloads(parts: Parts) -> None:
    """Give packed bands the lengths that they have to have, as long as these are small."""
    index_width = (parts.palette_size - 1).bit_length()
    rows_left = parts.height
    step = 1 << min(parts.band_shift, 31)
    for number, (tag, payload) in enumerate(parts.sections):
        if not 65 <= tag <= 90:
            continue
        rows = max(0, min(step, rows_left))
        rows_left -= rows
        length = -(-rows * parts.width * index_width // 8)
        if tag == ord("B") and 0 <= length <= 4096:
            parts.sections[number] = tag, (payload + bytes(length))[:length]


def change_size(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Give the picture another width or height."""
    number = random.choice(NUMBERS if random.random() < 0.95 else LARGE)
    name = random.choice(("width", "height"))
    if random.random() < 0.4:
        number = getattr(parts, name) + random.choice((-1, 1))
    setattr(parts, name, number)


def change_bands(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Split the picture into bands of another height."""
    parts.band_shift = random.choice((0, 1, 2, 3, 4, 5, 8, 30, 31, 31, 32, 255))


def change_format(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Say that pixels or palette are stored in another way."""
    name = random.choice(("coding", "palette_format"))
    setattr(parts, name, random.choice((0, 1, 1, 2, 3, 4, 15)))


def change_palette(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Change colours, or how many there are, or both and in accord."""
    if random.random() < 0.5:
        parts.stored_palette = changed_bytes(parts.stored_palette, random)
        return
    parts.palette_size = random.choice((1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 1000))
    if random.random() < 0.7 and not parts.palette_format & 2:
        length = parts.palette_size * (3 + parts.palette_format % 2)
        repeated = parts.stored_palette * (length // max(1, len(parts.stored_palette)) + 1)
        parts.stored_palette = (repeated + bytes(length))[:length]


def change_coded_length(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Have a coded palette say how long it is, rightly or nearly."""
    plain = parts.palette_size * (3 + parts.palette_format % 2)
    size = 1 if plain < 2**8 else 2 if plain < 2**16 else 3
    coded = parts.stored_palette[size:]
    length = max(0, len(coded) + random.choice((0, 0, 0, -1, 1)))
    parts.stored_palette = (length % 256**size).to_bytes(size, "big") + coded


def change_signature(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Change the signature or version."""
    if random.random() < 0.1:
        parts.signature = changed_bytes(parts.signature, random)


def change_payload(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Change what is in a section."""
    if parts.sections:
        number = random.randrange(len(parts.sections))
        tag, payload = parts.sections[number]
        if random.random() < 0.3:
            payload = random.randbytes(len(payload) or random.choice((1, 2, 8, 40)))
        else:
            payload = changed_bytes(payload, random)
        parts.sections[number] = tag, payload


def change_tag(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Call a section something else."""
    if parts.sections:
        number = random.randrange(len(parts.sections))
        parts.sections[number] = random.choice(TAGS), parts.sections[number][1]


def change_order(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Remove a section, repeat one, move one, or add one."""
    sections = parts.sections
    kind = random.randrange(4)
    if kind == 3 or not sections:
        payload = random.randbytes(random.choice((0, 1, 8, 8, 30)))
        sections.insert(random.randint(0, len(sections)), (random.choice(TAGS), payload))
    elif kind == 0:
        del sections[random.randrange(len(sections))]
    elif kind == 1:
        count = random.choice((1, 1, 2, 70))
        sections.extend([random.choice(sections)] * count)
    else:
        sections.insert(random.randrange(len(sections)), sections.pop())


def take_from_another(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Take the head or the sections from another file."""
    other = taken_apart(random.choice(others))
    if other is None:
        return
    kind = random.randrange(3)
    if kind == 0:
        parts.sections = other.sections
    elif kind == 1 and other.sections:
        parts.sections.append(random.choice(other.sections))
    else:
        parts.palette_size, parts.palette_format = other.palette_size, other.palette_format
        parts.stored_palette = other.stored_palette


def change_tail(parts: Parts, random: Random, others: list[bytes]) -> None:
    """Add bytes behind the last section, or have none there."""
    parts.tail = random.choice((b"", b"", b"\0", b"B\0\0\0\1", random.randbytes(9)))


CHANGES = (
    change_size,
    change_size,
    change_bands,
    change_format,
    change_palette,
    change_coded_length,
    change_signature,
    change_payload,
    change_payload,
    change_payload,
    change_tag,
    change_order,
    change_order,
    take_from_another,
    change_tail,
)
