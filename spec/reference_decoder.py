"""Reference decoder of the `.kq` image format, version 1, in plain Python.

It follows `kq-format.md` in that document's order and cites its sections (§), checks every rule
in the order given there, and puts clearness before speed. It shares no code with the package and
needs nothing but the standard library. It does not write `.kq` files, read regions or parse
metadata.

Run as a program it turns a `.kq` file into PPM (RGB) or PAM (RGBA)::

    python reference_decoder.py IN.kq OUT.ppm
"""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from operator import mul
from pathlib import Path
from typing import Generic, TypedDict, TypeVar

__all__ = [
    "ChecksumError",
    "FormatError",
    "KqError",
    "LimitError",
    "Metadata",
    "Picture",
    "TruncatedError",
    "UnsupportedError",
    "decode",
]

# ---------------------------------------------------------------------------- §1 Conventions


def u16(data: bytes, offset: int) -> int:
    """Return the big-endian 16-bit integer at an offset."""
    return int.from_bytes(data[offset : offset + 2], "big")


def u32(data: bytes, offset: int) -> int:
    """Return the big-endian 32-bit integer at an offset."""
    return int.from_bytes(data[offset : offset + 4], "big")


def ceil_div(dividend: int, divisor: int) -> int:
    """Return ceil(dividend / divisor), exactly."""
    return -(-dividend // divisor)


# ---------------------------------------------------------------------------- §1.1 Errors


class KqError(Exception):
    """Any reason for which a file is not decoded."""


class FormatError(KqError):
    """The bytes break a rule of the specification."""


class TruncatedError(FormatError):
    """The data ends where more bytes are required."""


class ChecksumError(FormatError):
    """A stored CRC-32 is not that of the bytes it covers."""


class UnsupportedError(FormatError):
    """The file uses something that version 1 does not define."""


class LimitError(KqError):
    """The file asks for more than the limits allow."""


# ---------------------------------------------------------------------------- §3 The head

SIGNATURE = b"\xbbKQ"
VERSION = 1
CODING_PACKED = 0
CODING_ENTROPY = 1
CHANNELS_OF_FORMAT = {0: 3, 1: 4, 2: 3, 3: 4}
CODED_FORMATS = (2, 3)
PALETTE_OFFSET = 16
LARGEST_SIDE = 2**31 - 1
ONE_BAND = 31


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of the head, with the quantities derived from them."""

    width: int
    height: int
    palette_size: int
    band_shift: int
    coding: int
    palette_format: int
    palette_length: int

    @property
    def channels(self) -> int:
        return CHANNELS_OF_FORMAT[self.palette_format]

    @property
    def crc_offset(self) -> int:
        return PALETTE_OFFSET + self.palette_length

    @property
    def byte_length(self) -> int:
        return self.crc_offset + 4

    @property
    def index_width(self) -> int:
        return (self.palette_size - 1).bit_length()  # = ceil(log2 k)

    @property
    def rows_of_full_band(self) -> int:
        return 1 << self.band_shift

    @property
    def band_count(self) -> int:
        return ceil_div(self.height, self.rows_of_full_band)

    def rows_of_band(self, band: int) -> int:
        """Return the number of rows of a band (§6)."""
        return min(self.rows_of_full_band, self.height - band * self.rows_of_full_band)


def read_head(data: bytes) -> Head:
    """Read the head and make its checks 1 to 8."""
    check_signature_and_version(data)
    if len(data) < PALETTE_OFFSET:  # check 3
        raise TruncatedError("the data ends in the head")
    palette_format = data[15] & 15
    if palette_format not in CHANNELS_OF_FORMAT:  # check 4
        raise UnsupportedError(f"palette_format is {palette_format}, not 0 to 3")
    palette_size = u16(data, 12) + 1
    head = Head(
        width=u32(data, 4),
        height=u32(data, 8),
        palette_size=palette_size,
        band_shift=data[14],
        coding=data[15] >> 4,
        palette_format=palette_format,
        palette_length=read_palette_length(data, palette_size, palette_format),  # check 5
    )
    if len(data) < head.byte_length:  # check 6
        raise TruncatedError("the data ends in the palette or head_crc")
    if zlib.crc32(data[: head.crc_offset]) != u32(data, head.crc_offset):  # check 7
        raise ChecksumError("head_crc is wrong")
    check_fields(head)
    return head


def check_signature_and_version(data: bytes) -> None:
    """Make checks 1 and 2 of the head."""
    start = data[: len(SIGNATURE)]
    if start != SIGNATURE[: len(start)]:
        raise FormatError("not a .kq file: the signature is wrong")
    if len(data) < len(SIGNATURE) + 1:
        raise TruncatedError("the data ends before the version")
    if data[3] != VERSION:
        raise UnsupportedError(f"version is {data[3]}, not {VERSION}")


def check_fields(head: Head) -> None:
    """Make check 8 of the head: the fields in the order coding, width, height, band_shift."""
    if head.coding not in (CODING_PACKED, CODING_ENTROPY):
        raise UnsupportedError(f"coding is {head.coding}, not 0 or 1")
    if head.palette_format in CODED_FORMATS and head.coding != CODING_ENTROPY:
        raise FormatError(f"palette_format is {head.palette_format}, but coding is {head.coding}")
    if not 1 <= head.width <= LARGEST_SIDE:
        raise FormatError(f"width is {head.width}")
    if not 1 <= head.height <= LARGEST_SIDE:
        raise FormatError(f"height is {head.height}")
    if head.band_shift > ONE_BAND:
        raise FormatError(f"band_shift is {head.band_shift}, over {ONE_BAND}")
    if head.band_shift < ONE_BAND and head.rows_of_full_band >= head.height:  # §6
        raise FormatError(f"band_shift is {head.band_shift}, but one band is written as {ONE_BAND}")


# ---------------------------------------------------------------------------- §4 Palette


def coded_length_size(palette_size: int, channels: int) -> int:
    """Return the bytes of coded_length (§4.1)."""
    byte_length = palette_size * channels
    if byte_length < 2**8:
        return 1
    return 2 if byte_length < 2**16 else 3


def read_palette_length(data: bytes, palette_size: int, palette_format: int) -> int:
    """Return the bytes of the palette in the file, making check 5 of the head (§4.1)."""
    channels = CHANNELS_OF_FORMAT[palette_format]
    if palette_format not in CODED_FORMATS:
        return palette_size * channels
    size = coded_length_size(palette_size, channels)
    if len(data) < PALETTE_OFFSET + size:
        raise TruncatedError("the data ends in coded_length")
    coded_length = int.from_bytes(data[PALETTE_OFFSET : PALETTE_OFFSET + size], "big")
    if size + coded_length >= palette_size * channels:
        raise FormatError(f"coded_length is {coded_length}, no shorter than the entries")
    return size + coded_length


def read_palette(data: bytes, head: Head) -> list[tuple[int, ...]]:
    """Return the palette's entries in their order, equal and unused ones included.

    Makes check 10 of the head.
    """
    stored = data[PALETTE_OFFSET : head.crc_offset]
    if head.palette_format in CODED_FORMATS:
        coded = stored[coded_length_size(head.palette_size, head.channels) :]
        stored = decode_coded_palette(coded, head.palette_size, head.channels)
    starts = range(0, len(stored), head.channels)
    return [tuple(stored[start : start + head.channels]) for start in starts]


# ---------------------------------------------------------------------------- §5 Sections

PACKED_BAND, ENTROPY_BAND = BANDS = ("B", "E")
ICC, EXIF, XMP, RESOLUTION = "i", "e", "x", "r"  # §5.2
KNOWN_ANCILLARY = (ICC, EXIF, XMP, RESOLUTION)
RESOLUTION_LENGTH = 8
PIXELS_TO_A_BYTE = 363_420  # more than entropy coding can reach, §7.8


class Metadata(TypedDict, total=False):
    """Contents of the known ancillary sections; a key is there where its section is."""

    icc: bytes
    exif: bytes
    xmp: bytes
    resolution: tuple[int, int]  # horizontal, vertical, in 1/65,536 dots per inch


@dataclass(frozen=True, slots=True)
class Section:
    """One section, and the offset of what follows it."""

    tag: str
    payload: bytes
    end: int


def read_section(
    data: bytes, offset: int, head: Head, ancillary: list[Section], band: int
) -> Section:
    """Read the section at an offset, making the checks of §5.1 in their order.

    `ancillary` holds the ancillary sections met so far, `band` counts the bands met so far.
    """
    if len(data) - offset < 5:
        raise TruncatedError("the data ends in, or before, a section's tag and length")
    tag = chr(data[offset])
    length = u32(data, offset + 1)
    check_tag(tag, head, ancillary, band)
    check_length(tag, length, head, band)
    if tag not in BANDS:
        check_ancillary_limits(length, ancillary)
    crc_offset = offset + 5 + length
    if len(data) < crc_offset + 4:
        raise TruncatedError(f"the data ends in a section '{tag}'")
    if zlib.crc32(data[offset:crc_offset]) != u32(data, crc_offset):
        raise ChecksumError(f"the crc of a section '{tag}' is wrong")
    return Section(tag, data[offset + 5 : crc_offset], crc_offset + 4)


def check_tag(tag: str, head: Head, ancillary: list[Section], band: int) -> None:
    """Check that a section with this tag may stand here."""
    if not (tag.isascii() and tag.isalpha()):
        raise FormatError(f"a section's tag is {ord(tag):#04x}, no ASCII letter")
    if tag.isupper() and tag not in BANDS:
        raise UnsupportedError(f"critical section '{tag}' is unknown")
    if tag == ENTROPY_BAND and head.coding != CODING_ENTROPY:
        raise FormatError(f"section '{tag}' is in a file of coding {head.coding}")
    if band > 0 and tag not in BANDS:
        raise FormatError(f"ancillary section '{tag}' comes after a band")
    if tag in KNOWN_ANCILLARY and any(section.tag == tag for section in ancillary):
        raise FormatError(f"section '{tag}' occurs twice")


def check_length(tag: str, length: int, head: Head, band: int) -> None:
    """Check the length against §5.2, §6.1 and §6.2; that of an unknown section is free."""
    packed_length = 0
    if tag in BANDS:
        packed_length = ceil_div(head.rows_of_band(band) * head.width * head.index_width, 8)
    if tag == PACKED_BAND and length != packed_length:
        raise FormatError(f"band {band} has {length} bytes instead of {packed_length}")
    if tag == ENTROPY_BAND and length >= packed_length:
        raise FormatError(f"band {band} has {length} bytes, packed it had {packed_length}")
    if tag == ENTROPY_BAND:
        pixels = head.rows_of_band(band) * head.width
        if pixels >= PIXELS_TO_A_BYTE * (length + 4):
            raise FormatError(f"band {band} has {length} bytes for {pixels} pixels")
    if tag == RESOLUTION and length != RESOLUTION_LENGTH:
        raise FormatError(f"section '{tag}' has {length} bytes instead of {RESOLUTION_LENGTH}")
    if tag in KNOWN_ANCILLARY and length == 0:
        raise FormatError(f"section '{tag}' is empty")


def read_metadata(ancillary: list[Section]) -> Metadata:
    """Sort the known ancillary sections by kind (§5.2); their contents are not looked into."""
    metadata: Metadata = {}
    for section in ancillary:
        if section.tag == ICC:
            metadata["icc"] = section.payload
        elif section.tag == EXIF:
            metadata["exif"] = section.payload
        elif section.tag == XMP:
            metadata["xmp"] = section.payload
        elif section.tag == RESOLUTION:
            metadata["resolution"] = (u32(section.payload, 0), u32(section.payload, 4))
    return metadata


# ---------------------------------------------------------------------------- §6 Bands


def unpack(payload: bytes, count: int, index_width: int) -> list[int]:
    """Return the first `count` indices of `index_width` bits each (§6.1)."""
    if index_width == 0:
        return [0] * count
    mask = 2**index_width - 1
    shifts = range(7 * index_width, -1, -index_width)
    indices: list[int] = []
    for start in range(0, len(payload), index_width):  # eight indices fill index_width bytes
        group_bytes = payload[start : start + index_width].ljust(index_width, b"\0")
        group = int.from_bytes(group_bytes, "big")
        indices += [group >> shift & mask for shift in shifts]
    return indices[:count]


def read_packed_band(payload: bytes, head: Head, band: int) -> list[int]:
    """Return a band's indices, making the last two checks of §6.1."""
    count = head.rows_of_band(band) * head.width
    padding_width = 8 * len(payload) - count * head.index_width
    if payload and payload[-1] & (2**padding_width - 1):
        raise FormatError(f"the bits after the last index of band {band} are not 0")
    indices = unpack(payload, count, head.index_width)
    if max(indices) >= head.palette_size:
        raise FormatError(f"band {band} has index {max(indices)} of {head.palette_size} entries")
    return indices


# ---------------------------------------------------------------------------- §7 Entropy coding
#
# ---- §7.1 The coder

ALL_ONES = 2**32 - 1


class BitDecoder:
    """The binary arithmetic decoder."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.low = 0
        self.high = ALL_ONES
        self.code = u32(payload.ljust(4, b"\0"), 0)
        self.taken = 4

    def bit(self, probability: int) -> int:
        """Decode a bit whose probability of being 1 is `probability` / 65,536."""
        middle = self.low + ((self.high - self.low) * probability >> 16)
        bit = int(self.code <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while self.low >> 24 == self.high >> 24:
            self.low = self.low << 8 & ALL_ONES
            self.high = self.high << 8 & ALL_ONES | 255
            self.code = self.code << 8 & ALL_ONES | self.next_byte()
        return bit

    def next_byte(self) -> int:
        """Return the payload's next byte; beyond its end there are zeros."""
        at = self.taken
        self.taken += 1
        return self.payload[at] if at < len(self.payload) else 0

    def check_end(self) -> None:
        """Check that the payload ends with the shortest tail."""
        settled = self.taken - 4
        length = 0
        while (tail := ceil_div(self.low, 256 ** (4 - length)) * 256 ** (4 - length)) > self.high:
            length += 1
        if self.code != tail or len(self.payload) != settled + length:
            raise FormatError("an entropy-coded payload does not end as its last bit requires")


# ---- §7.2 Listed numbers

LOGISTIC = (
    32768, 36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287, 60565, 61598, 62428,
    63090, 63615, 64030, 64357, 64614, 64816, 64974, 65097, 65194, 65269, 65328, 65374, 65410,
    65438, 65459, 65476, 65489, 65500, 65508, 65514, 65519, 65523, 65526, 65528, 65530, 65531,
    65532, 65533, 65534, 65534, 65535, 65535, 65535, 65535, 65535, 65535,
)  # fmt: skip
LARGEST_LOGIT = 3072
DISTANCES = (2, 4, 7, 10, 14, 20, 28, 40, 60, 90, 140)
ACTIVITIES = (1, 4, 9, 16, 28, 48, 90)
ERRORS = (3, 8, 14, 22, 32, 46, 70)
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 160, 256)


@cache
def squash(logit: int) -> int:
    """Return the probability, in 1/65,536, of a logit from -3,072 to 3,072."""
    if logit < 0:
        return 65536 - squash(-logit)
    cell, part = divmod(logit, 64)
    if part == 0:
        return LOGISTIC[cell]
    return (LOGISTIC[cell] * (64 - part) + LOGISTIC[cell + 1] * part + 32) >> 6


COUNTS = (
    (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192),
    (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160),
)
STATES = 4096


def chance_table() -> list[int]:
    """Return the probabilities of the states, in 1/4,294,967,296."""
    upper: list[int] = []
    odds = 4305465866
    for _ in range(STATES // 2):
        upper.append((odds << 32) // (odds + (1 << 32)))
        odds = odds * 4315990099 >> 32
    return [(1 << 32) - chance for chance in reversed(upper)] + upper


CHANCE = chance_table()
BOUND = [below + above >> 1 for below, above in pairwise(CHANCE)]


def clamp(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))


def class_of(value: int, bounds: tuple[int, ...]) -> int:
    """Return how many of the bounds the value has reached."""
    return sum(value >= bound for bound in bounds)


# ---- §7.3 Decisions

TRUST = [
    [81920 * count // (17 * count + rest) for count in counts]
    for counts, rest in zip(COUNTS, (6, 1), strict=True)
]


class Slot:
    """One of 4,096 probabilities, and one of 16 steps of confidence in it."""

    __slots__ = ("state", "step")

    def __init__(self, state: int = STATES // 2, step: int = 0) -> None:
        self.state = state
        self.step = step

    def opinion(self, pace: int) -> int:
        """Return the logit, the smaller the less the slot has learnt."""
        return (2 * self.state - 4095) * TRUST[pace][self.step] >> 13

    def learn(self, bit: int, pace: int) -> None:
        """Move towards what came; that of a 0 mirrors that of a 1."""
        state = self.state if bit else 4095 - self.state
        state, self.step = risen(state, self.step, pace)
        self.state = state if bit else 4095 - state


@cache
def risen(state: int, step: int, pace: int) -> tuple[int, int]:
    """Return a slot's state and step after a 1."""
    chance = CHANCE[state]
    after = chance + 4 * ((1 << 32) - chance) // (4 * COUNTS[pace][step] + 6 - pace)
    state = bisect_right(BOUND, after)
    if step < 15:
        gap = COUNTS[pace][step + 1] - COUNTS[pace][step]
        step += ((state * 0x9E3779B1 + step * 0x5851F42D & ALL_ONES) >> 16) % gap == 0
    return state, step


class Mixer:
    """What turns the opinions of some slots into one probability, and learns how."""

    def __init__(
        self,
        coder: BitDecoder,
        weights: tuple[list[list[int]], list[list[int]]],
        refinement_counts: tuple[int, int],
    ) -> None:
        self.coder = coder
        self.weights_a, self.weights_b = weights
        fresh = [squash(256 * (cell - 12)) for cell in range(25)] + [65535]
        self.refined_a, self.refined_b = ([fresh[:] for _ in range(n)] for n in refinement_counts)
        self.decisions = 0
        self.pace = 0

    def decide(self, slots: list[Slot], set_a: int, set_b: int, place_a: int, place_b: int) -> int:
        """Decode one decision by as many slots as weights, and learn from it."""
        opinions = [slot.opinion(self.pace) for slot in slots]
        weights = self.weights_a[set_a], self.weights_b[set_b]
        logits = [self.mix(opinions, chosen) for chosen in weights]
        middle = LARGEST_LOGIT + (sum(logits) >> 1)
        cell, part = divmod(middle, 256)
        a, b = self.refined_a[place_a], self.refined_b[place_b]
        refined = (a[cell] + b[cell]) * (256 - part) + (a[cell + 1] + b[cell + 1]) * part >> 8
        probability = (2 * squash(middle - LARGEST_LOGIT) + refined + 2) >> 2
        bit = self.coder.bit(clamp(probability, 1, 65535))
        shift = 1 if self.decisions < 65536 else 2
        self.decisions += 1
        for logit, chosen in zip(logits, weights, strict=True):
            error = 65536 * bit - squash(logit) >> 1
            for i, opinion in enumerate(opinions):
                moved = chosen[i] + ((2 * opinion * error >> 16) + shift >> shift)
                chosen[i] = moved if -32768 <= moved <= 32767 else clamp(moved, -32768, 32767)
        nearest = cell + (part >= 128)
        for row in a, b:
            row[nearest] += 65535 * bit - row[nearest] >> 6
        for slot in slots:
            slot.learn(bit, self.pace)
        return bit

    @staticmethod
    def mix(opinions: list[int], weights: list[int]) -> int:
        """Return one logit of all."""
        total = sum(map(mul, opinions, weights))
        return clamp(total >> 13, -LARGEST_LOGIT, LARGEST_LOGIT)


def combined(a: int, b: int = 0, c: int = 0, d: int = 0) -> int:
    """Return 32 bits of up to four numbers, before they are stirred."""
    return a * 0x2545F491 + b * 0x5851F42D + c * 0x2C1B3C6D + d * 0x9E3779B1 & ALL_ONES


def stirred(h: int) -> int:
    """Return 32 bits of which the most significant depend on all."""
    return (h ^ h >> 15) * 0x2C1B3C6D & ALL_ONES


def hashed(h: int) -> int:
    """Return 32 bits that all depend on all."""
    h = stirred(h & ALL_ONES)
    return h ^ h >> 13


# ---- §7.4 The palette's tree

DIRECTIONS = (
    (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 2, 1, 0), (1, 0, -1, 0),
    (-1, 2, -1, 0),
)  # fmt: skip
VARIANCE_WEIGHTS = (6, 6, 6, 6, 1, 3, 1)
LEAF = -1

Color = tuple[int, ...]


def project(color: Color, direction: int) -> int:
    """Return a colour's place along one of the seven directions."""
    return sum(map(mul, color, DIRECTIONS[direction]))


@dataclass(slots=True)
class Node:
    """A decision between the leaves low … middle - 1 and middle … high - 1."""

    number: int
    low: int
    high: int
    depth: int
    group: int
    local: int
    middle: int = 0
    direction: int = 0
    cut: int = 0
    inverse: int = 1048576
    children: list[int] = field(default_factory=lambda: [LEAF, LEAF])

    def side(self, rank: int) -> int:
        """Return 0 or 1 for a leaf left or right below the node, 2 for any other."""
        if not self.low <= rank < self.high:
            return 2
        return int(rank >= self.middle)


def grow_tree(colors: list[Color]) -> tuple[list[Node], list[int]]:
    """Return the nodes, in their numbers' order, and the entries in the leaves' order."""
    order = list(range(len(colors)))
    nodes: list[Node] = []
    waiting: list[tuple[int, int, Node | None, int]] = [(0, len(colors), None, 0)]
    while waiting:  # a node, all of its left side, all of its right side
        low, high, parent, side = waiting.pop()
        if high - low < 2:
            continue
        node = place_node(len(nodes), low, high, parent, side)
        split(node, colors, order)
        nodes.append(node)
        waiting += [(node.middle, high, node, 1), (low, node.middle, node, 0)]
    return nodes, order


def place_node(number: int, low: int, high: int, parent: Node | None, side: int) -> Node:
    if parent is None:
        return Node(number, low, high, depth=0, group=number, local=1)
    parent.children[side] = number
    group, local = parent.group, 2 * parent.local + side
    if local >= 16:
        group, local = number, 1
    return Node(number, low, high, parent.depth + 1, group, local)


def split(node: Node, colors: list[Color], order: list[int]) -> None:
    """Choose a node's direction and cut, and sort its entries by it."""
    entries = order[node.low : node.high]
    n = len(entries)
    best, total = -1, 0
    for direction, weight in enumerate(VARIANCE_WEIGHTS):
        values = [project(colors[entry], direction) for entry in entries]
        spread = weight * (n * sum(value * value for value in values) - sum(values) ** 2)
        if spread > best:
            best, node.direction, total = spread, direction, sum(values)
    node.cut = 8 * total // n
    if best == 0:
        node.middle = node.low + n // 2
        return
    places = {entry: project(colors[entry], node.direction) for entry in entries}
    below = [entry for entry in entries if n * places[entry] < total]
    above = [entry for entry in entries if n * places[entry] >= total]
    order[node.low : node.high] = below + above
    node.middle = node.low + len(below)
    deviation = len(below) * total - n * sum(places[entry] for entry in below)
    node.inverse = 1048576 // (16 * deviation // (n * n) + 1)


def group_ordinals(nodes: list[Node]) -> dict[int, int]:
    """Return the groups' ordinals by their numbers."""
    return {group: i for i, group in enumerate(sorted({node.group for node in nodes}))}


# ---- §7.5 The pixels

LARGEST_SIZE_OF_ONE_MODEL = 64
HALF = 32768  # the probability of the bit that tells the model
FIRST_WEIGHTS = (26214, 26214, -6554, 13107, 3277, 3277, 0, 0)
FIRST_LOCAL_WEIGHTS = (2400, 1600, 1100, 1100, 1100, 700, 700, 600, 500)
FAR, CLOSE, LEFT = range(3)


@dataclass(frozen=True)
class Around:
    """The ranks of a pixel's neighbours, and their hashes, made when asked for (§7.5.1)."""

    w: int
    n: int
    nw: int
    ne: int
    ww: int
    n2: int
    nee: int
    nww: int
    n2e: int
    n2w: int
    www: int

    @cached_property
    def hash_4(self) -> int:
        return hashed(combined(self.w, self.n, self.nw, self.ne))

    @cached_property
    def hash_7(self) -> int:
        return hashed(self.hash_4 + combined(self.ww, self.n2, self.n2e))

    @cached_property
    def hash_11(self) -> int:
        return hashed(self.hash_7 + combined(self.nee, self.nww, self.n2w, self.www))


def look_around(ranks: list[list[int]], x: int, y: int, width: int) -> Around:
    """Return the neighbours of the pixel that comes next; its row ends just before it."""
    row = ranks[y]
    if y == 0:
        w = row[x - 1] if x > 0 else 0
        n = nw = ne = nee = nww = n2 = n2e = n2w = w
    else:
        above, above_2 = ranks[y - 1], ranks[y - 2]
        n = above[x]
        w = row[x - 1] if x > 0 else n
        nw = above[x - 1] if x > 0 else n
        ne = above[x + 1] if x + 1 < width else n
        nee = above[x + 2] if x + 2 < width else ne
        nww = above[x - 2] if x > 1 else nw
        n2 = above_2[x] if y > 1 else n
        n2e = above_2[x + 1] if y > 1 and x + 1 < width else ne
        n2w = above_2[x - 1] if y > 1 and x > 0 else nw
    ww = row[x - 2] if x > 1 else w
    www = row[x - 3] if x > 2 else ww
    return Around(w, n, nw, ne, ww, n2, nee, nww, n2e, n2w, www)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The rank that a pixel is likely to have (§7.5.2), and what bears on it."""

    rank: int
    kind: int
    equal: int
    pattern: int
    run_class: int


def flags(*conditions: bool) -> int:
    """Return a number whose bits, from the least significant, are these."""
    return sum(condition << i for i, condition in enumerate(conditions))


@dataclass(frozen=True, slots=True)
class Match:
    """What followed where the neighbours were the same (§7.5.2): a rank, or none (-1)."""

    rank: int
    length_class: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is expected of a pixel's colour (§7.5.4), in 1/8."""

    gradient: Color
    learnt: Color
    offsets: list[list[int]]
    energy: int
    activity: int
    expected: int


def median(w: int, n: int, nw: int) -> int:
    """Return the median of W, N and W + N - NW."""
    return sorted((w, n, w + n - nw))[1]


def distance_class(distance: int, inverse: int) -> int:
    """Return which of 24 classes a signed distance from a cut is in."""
    level = class_of(abs(distance) * inverse >> 16, DISTANCES)
    return 12 + level if distance >= 0 else 11 - level


def divide_towards_zero(dividend: int, divisor: int) -> int:
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)


def contexts(a: Around, eleventh: int) -> tuple[int, ...]:
    """Return what a pixel's slots 3 to 15 are found by, before it is stirred."""
    return (
        combined(a.w),
        combined(a.n),
        combined(a.ne),
        combined(a.n2),
        combined(a.w, a.ww),
        combined(a.n, a.n2),
        combined(a.nee),
        a.hash_4,
        eleventh,
        a.hash_7,
        combined(a.w, a.n),
        combined(a.n, a.ne),
        combined(a.nw),
    )


@dataclass(frozen=True, slots=True)
class Pixel:
    """What a node's decision knows of its pixel, the contexts being stirred."""

    around: Around
    prediction: Prediction
    contexts: list[int]


@dataclass(frozen=True, slots=True)
class RecallingPixel(Pixel):
    """What it knows besides in the recalling model."""

    candidate: Candidate
    match: Match


AnyPixel = TypeVar("AnyPixel", bound=Pixel)


class BandModel(ABC, Generic[AnyPixel]):
    """What the two models of a band's indices share, and the loop over the pixels."""

    mixer: Mixer

    def __init__(self, payload: bytes, palette: list[Color], rows: int, width: int) -> None:
        self.rows = rows
        self.width = width
        colors = [(*entry, 255)[:4] for entry in palette]
        self.nodes, self.order = grow_tree(colors)
        self.colors = [colors[entry] for entry in self.order]  # by rank
        self.coder = BitDecoder(payload)
        if len(colors) > LARGEST_SIZE_OF_ONE_MODEL:
            self.coder.bit(HALF)  # which has told that it is this model
        self.ranks: list[list[int]] = []
        self.start_memory()

    def decode(self) -> list[int]:
        """Return the band's indices."""
        for y in range(self.rows):
            self.ranks.append([])
            for x in range(self.width):
                self.ranks[y].append(self.decode_pixel(x, y))
        self.coder.check_end()
        return [self.order[rank] for row in self.ranks for rank in row]

    @abstractmethod
    def decode_pixel(self, x: int, y: int) -> int:
        """Return the rank of the pixel that comes next."""

    # §7.5.4

    def predict(self, around: Around, x: int, y: int) -> Prediction:
        """Predict the pixel's colour by those of its neighbours."""
        a = around
        ranks = a.w, a.n, a.nw, a.ne, a.ww, a.n2, a.nee, a.nww
        gradient: list[int] = []
        learnt: list[int] = []
        offsets: list[list[int]] = []
        activity = 0
        channels = zip(*(self.colors[rank] for rank in ranks), strict=True)
        for values, weights in zip(channels, self.color_weights, strict=True):
            w, n, nw, ne = values[:4]
            gradient.append(8 * median(w, n, nw))
            activity += abs(w - nw) + abs(n - nw) + abs(ne - n)
            total = w + n + nw + ne
            offsets.append([4 * value - total for value in values])
            weighted = sum(map(mul, weights, offsets[-1]))
            learnt.append(clamp(2 * total + (weighted >> 15), 0, 2040))
        energy = 2880 + sum(offset**2 for channel in offsets for offset in channel)
        return Prediction(
            tuple(gradient),
            tuple(learnt),
            offsets,
            energy,
            class_of(activity // 3, ACTIVITIES),
            class_of(self.errors_around(x, y) // 4, ERRORS),
        )

    def errors_around(self, x: int, y: int) -> int:
        """Return the weighted sum of the errors at W, N, NE and NW."""
        row, above = self.errors[y & 1], self.errors[1 - (y & 1)]
        total = 2 * row[x - 1] if x > 0 else 0
        if y > 0:
            total += 2 * above[x] + above[min(x + 1, self.width - 1)] + above[max(x - 1, 0)]
        return total

    # §7.5.5

    def walk_tree(self, pixel: AnyPixel, excluded: int = LEAF) -> int:
        """Decode a rank from the tree's root to a leaf."""
        number = 0
        while True:
            node = self.nodes[number]
            bit = self.forced_bit(node, excluded)
            if bit is None:
                bit = self.decide_node(node, pixel)
            number = node.children[bit]
            if number == LEAF:
                return node.middle if bit else node.low

    @staticmethod
    def forced_bit(node: Node, excluded: int) -> int | None:
        """Return what a node decides where one of its sides is the excluded leaf alone."""
        if node.low == excluded and node.children[0] == LEAF:
            return 1
        if node.middle == excluded and node.children[1] == LEAF:
            return 0
        return None

    def decide_node(self, node: Node, pixel: AnyPixel) -> int:
        """Decode whether the pixel is right below a node."""
        prediction = pixel.prediction
        first = project(prediction.gradient, node.direction) - node.cut
        second = project(prediction.learnt, node.direction) - node.cut
        class_1 = distance_class(first, node.inverse)
        class_2 = distance_class(second, node.inverse)
        class_3 = distance_class(2 * second, node.inverse)
        start = self.starts["distances"][class_1][class_2]
        place = class_1, class_2, prediction.activity, min(node.depth, 15)
        slots = [
            self.slot("distances", *place, start=start, step=7),
            self.slot("fine", node.number & 1023, class_3, prediction.expected),
        ]
        if are_sure(*slots):
            return self.decide_surely(*slots)
        return self.decide_mixed(node, pixel, slots, class_2)

    def decide_surely(self, first: Slot, second: Slot) -> int:
        """Decode a decision of which the first two slots are sure; only these learn."""
        bit = self.coder.bit(CHANCE[first.state + second.state >> 1] >> 16)
        first.learn(bit, self.mixer.pace)
        second.learn(bit, self.mixer.pace)
        return bit

    @abstractmethod
    def decide_mixed(self, node: Node, pixel: AnyPixel, slots: list[Slot], class_2: int) -> int:
        """Decode what the first two slots, which are given, are not sure of."""

    # §7.5.6

    def learn_color(self, prediction: Prediction, color: Color) -> int:
        """Change the weights of the learnt prediction, and return its error."""
        total = 0
        for weights, offsets, learnt, value in zip(
            self.color_weights, prediction.offsets, prediction.learnt, color, strict=True
        ):
            error = 8 * value - learnt
            total += abs(error)
            step = divide_towards_zero(15728 * error, prediction.energy)
            for i, offset in enumerate(offsets):
                weights[i] = clamp(weights[i] + (step * offset >> 3), -131072, 131072)
        return total >> 3

    # §7.6

    def start_memory(self) -> None:
        """Set the memory as it starts."""
        self.starts = read_starts()
        self.slots: dict[tuple[str | int, ...], Slot] = {}
        self.errors = [[0] * self.width for _ in range(2)]
        self.color_weights = [list(FIRST_WEIGHTS) for _ in range(4)]

    @property
    def pixel_bits(self) -> int:
        return (self.rows * self.width - 1).bit_length()  # B = ceil(log2 P)

    def slot(self, *place: str | int, start: int = STATES // 2, step: int = 0) -> Slot:
        """Return a table's slot, which is made as it starts when it is first asked for."""
        if place not in self.slots:
            self.slots[place] = Slot(start, step)
        return self.slots[place]


class BandDecoder(BandModel[RecallingPixel]):
    """The recalling model (§7.5.1 to §7.5.7)."""

    run = 0  # the pixels just before that were their candidates
    match_at = 0  # a pixel's number
    match_length = 0

    def decode_pixel(self, x: int, y: int) -> int:
        around = look_around(self.ranks, x, y, self.width)
        far_place = FAR, around.hash_11 >> (32 - self.seen_bits)
        close_place = CLOSE, around.hash_7 >> (32 - self.seen_bits)
        far, close = self.seen.get(far_place, 0), self.seen.get(close_place, 0)
        candidate = self.find_candidate(around, far, close)
        match = self.find_match(far_place[1])
        self.mixer.pace = int(candidate.equal > 0)
        gate_place = candidate.pattern, candidate.equal, candidate.run_class
        gate = self.gates.get(gate_place, self.gate_at_start(candidate))
        is_open = gate >= self.open_gate
        if is_open and self.decide_candidate(around, candidate, match):
            rank = candidate.rank
            self.errors[y & 1][x] = 0
        else:
            prediction = self.predict(around, x, y)
            contexts_here = [stirred(h) for h in contexts(around, 10)]
            pixel = RecallingPixel(around, prediction, contexts_here, candidate, match)
            rank = self.walk_tree(pixel, candidate.rank if is_open else LEAF)
            self.errors[y & 1][x] = self.learn_color(prediction, self.colors[rank])
        is_candidate = rank == candidate.rank
        self.gates[gate_place] = gate + (65535 * is_candidate - gate >> 6)
        self.run = self.run + 1 if is_candidate else 0
        self.seen[far_place] = self.seen[close_place] = rank + 1 & 65535
        self.where[far_place[1]] = y * self.width + x + 1 & ALL_ONES
        self.match_length = self.match_length + 1 if rank == match.rank else 0
        return rank

    # §7.5.2

    @property
    def open_gate(self) -> int:
        """Return from which number on a gate is open."""
        k = len(self.colors)
        return 63570 if k > 64 else 65208 if k > 16 else 65536

    def find_candidate(self, around: Around, far: int, close: int) -> Candidate:
        a = around
        if far > 0:
            kind, rank = FAR, far - 1
        elif close > 0:
            kind, rank = CLOSE, close - 1
        else:
            kind, rank = LEFT, a.w
        pattern = flags(rank == a.w, rank == a.n, rank == a.nw, rank == a.ne, rank + 1 == close)
        equal = flags(
            a.w == a.n, a.w == a.nw, a.n == a.nw, a.n == a.ne, a.w == a.ww, a.n == a.n2, a.w == a.ne
        )
        run_class = class_of(self.run, (1, 2, 3, 4, 8, 16, 32))
        return Candidate(rank, kind, equal, 4 * pattern + kind, run_class)

    def find_match(self, place: int) -> Match:
        """Go on with the match, or look for one."""
        found = self.where.get(place, 0)
        if self.match_length > 0:
            self.match_at += 1
        elif found > 0:
            self.match_at, self.match_length = found - 1, 1
        if self.match_length == 0:
            return Match(-1, 0)
        y, x = divmod(self.match_at, self.width)
        return Match(self.ranks[y][x], class_of(self.match_length, LENGTHS))

    def gate_at_start(self, candidate: Candidate) -> int:
        return clamp(16 * self.starts["gates"][candidate.pattern][candidate.run_class], 3277, 64553)

    # §7.5.3

    def decide_candidate(self, around: Around, candidate: Candidate, match: Match) -> int:
        """Decode whether the pixel is its candidate."""
        a, c = around, candidate
        agreed = int(match.rank == c.rank) if match.length_class > 0 else 2
        key = combined(0, c.kind, 0, c.rank)
        pattern_start = self.starts["patterns"][c.pattern // 8][c.pattern % 8]
        run_start = self.starts["runs"][c.pattern][c.run_class]
        slots = [
            self.slot("patterns", c.pattern, c.equal, start=pattern_start, step=5),
            self.slot("runs", c.pattern, c.run_class, int(a.w == a.n), start=run_start, step=5),
            self.slot("agrees", match.length_class, agreed, c.pattern),
        ]
        for i, context in enumerate(contexts(a, combined(a.ww)), 3):
            place = stirred(context + key & ALL_ONES) >> (32 - self.hit_bits)
            slots.append(self.slot("hits", i, place))
        return self.mixer.decide(
            slots,
            8 * c.kind + c.run_class,
            3 * (c.equal & 63) + c.kind,
            c.pattern,
            stirred(key + combined(c.equal) & ALL_ONES) >> 20,
        )

    # §7.5.5

    def decide_mixed(
        self, node: Node, pixel: RecallingPixel, slots: list[Slot], class_2: int
    ) -> int:
        """Decode a node's decision by 16 slots."""
        candidate, match = pixel.candidate, pixel.match
        said, offered = node.side(match.rank), node.side(candidate.rank)
        depth = min(node.depth, 15)
        slots.append(self.slot("matches", match.length_class, said, depth, offered, candidate.kind))
        for i, context in enumerate(pixel.contexts, 3):
            line = context + combined(0, 0, 0, node.group) & ALL_ONES
            slots.append(self.slot("near", i, line >> (36 - self.near_bits), node.local))
        trust = 0 if said == 2 else 1 + (match.length_class >= 8)
        return self.mixer.decide(
            slots,
            32 + (node.number & 255),
            192 + 81 * trust + sides(node, pixel.around),
            128 + (node.number & 511),
            24 * node.number + class_2 & 4095,
        )

    # §7.6

    def start_memory(self) -> None:
        super().start_memory()
        self.near_bits = clamp(self.pixel_bits + 4, 10, 19)
        self.hit_bits = clamp(self.pixel_bits + 1, 10, 17)
        self.seen_bits = clamp(self.pixel_bits + 1, 8, 20)
        a, b = self.starts["weights_a"], self.starts["weights_b"]
        weights_a = [a[min(i, 24)][:] for i in range(288)]
        weights_b = [b[i % 3 if i < 192 else i - 189][:] for i in range(435)]
        self.mixer = Mixer(self.coder, (weights_a, weights_b), (640, 4096))
        self.gates: dict[tuple[int, int, int], int] = {}
        self.seen: dict[tuple[int, int], int] = {}
        self.where: dict[int, int] = {}


class LocalBandDecoder(BandModel[Pixel]):
    """The local model (§7.5.8)."""

    def decode_pixel(self, x: int, y: int) -> int:
        a = look_around(self.ranks, x, y, self.width)
        prediction = self.predict(a, x, y)
        pairs = [stirred(combined(a.w, a.ww)), stirred(combined(a.n, a.n2))]
        rank = self.walk_tree(Pixel(a, prediction, pairs))
        self.errors[y & 1][x] = self.learn_color(prediction, self.colors[rank])
        return rank

    def decide_mixed(self, node: Node, pixel: Pixel, slots: list[Slot], class_2: int) -> int:
        """Decode a node's decision by 9 slots."""
        a = pixel.around
        group = self.ordinals[node.group]
        for i, context in enumerate(pixel.contexts, 2):
            line = context + combined(0, 0, 0, group) & ALL_ONES
            slots.append(self.slot("pair", i, line >> (36 - self.pair_bits), node.local))
        for i, rank in enumerate((a.w, a.n, a.ne, a.nw, a.nee), 4):
            line = (rank * self.stride + group) % 2 ** (self.neighbour_bits - 4)
            slots.append(self.slot("neighbour", i, line, node.local))
        return self.mixer.decide(
            slots,
            node.number & 255,
            81 * pixel.prediction.activity + sides(node, a),
            node.number & 511,
            24 * node.number + class_2 & 4095,
        )

    # §7.6

    def start_memory(self) -> None:
        super().start_memory()
        self.ordinals = group_ordinals(self.nodes)
        self.stride = len(self.ordinals) | 1  # G
        lines_bits = (16 * len(self.colors) * self.stride - 1).bit_length()
        self.pair_bits = clamp(self.pixel_bits + 4, 10, 20)
        self.neighbour_bits = clamp(min(self.pixel_bits + 4, lines_bits), 10, 20)
        weights_a, weights_b = ([list(FIRST_LOCAL_WEIGHTS) for _ in range(n)] for n in (256, 648))
        self.mixer = Mixer(self.coder, (weights_a, weights_b), (512, 4096))


def band_decoder(
    payload: bytes, palette: list[Color], rows: int, width: int
) -> BandDecoder | LocalBandDecoder:
    """Return a band's decoder, by the model that its first bit tells (§7.5)."""
    if len(palette) > LARGEST_SIZE_OF_ONE_MODEL and not BitDecoder(payload).bit(HALF):
        return LocalBandDecoder(payload, palette, rows, width)
    return BandDecoder(payload, palette, rows, width)


def sides(node: Node, around: Around) -> int:
    """Return on which sides of a node W, N, NW and NE are, as one number."""
    total = 0
    for rank in (around.ne, around.nw, around.n, around.w):
        total = 3 * total + node.side(rank)
    return total


def are_sure(first: Slot, second: Slot) -> bool:
    """Tell whether two slots that have learnt enough agree that a bit is nearly certain."""
    if first.step < 8 or second.step < 6:
        return False
    states = first.state, second.state
    return max(states) < 1196 or min(states) >= 2900


@cache
def read_starts() -> dict[str, list[list[int]]]:
    """Return the trained tables by their names: the rows of each."""
    tables: dict[str, list[list[int]]] = {}
    for line in Path(__file__).with_name("entropy_starts.txt").read_text("utf-8").splitlines():
        words = line.split()
        if words[0].isidentifier():
            rows = tables[words[0]] = []
        elif words[0] != "#":
            rows.append([int(word) for word in words])
    return tables


def decode_entropy_band(payload: bytes, palette: list[Color], rows: int, width: int) -> list[int]:
    """Return the `rows * width` indices of an entropy-coded band (§6.2), or raise FormatError."""
    count = max(1, width // 8192)
    columns = [(i + 1) * width // count - i * width // count for i in range(count)]
    at = 4 * (count - 1)
    strips: list[list[int]] = []
    for number, strip_width in enumerate(columns):
        end = len(payload)
        if number < count - 1:
            end = at + int.from_bytes(payload[4 * number : 4 * number + 4], "big")
        if not at <= end <= len(payload):
            raise FormatError(f"the {count} strips do not fit {len(payload)} bytes")
        strips.append(band_decoder(payload[at:end], palette, rows, strip_width).decode())
        at = end
    indices: list[int] = []
    for row in range(rows):
        for strip, strip_width in zip(strips, columns, strict=True):
            indices += strip[row * strip_width : (row + 1) * strip_width]
    return indices


# ---- §7.7 Coded palettes

ALPHA, GREEN, RED, BLUE = range(4)  # the order of a key's bits


@dataclass(frozen=True, slots=True)
class Cell:
    """The entries whose keys have the same first `depth` bits: these, as samples, and a number."""

    depth: int
    samples: Color
    count: int

    @property
    def plane(self) -> int:
        return self.depth // 4

    @property
    def role(self) -> int:
        return self.depth % 4

    def known(self, role: int) -> int:
        """Return how many bits of a sample are known."""
        return self.plane + (role < self.role)

    def sides(self, zeros: int) -> list[Cell]:
        """Return what is not empty of the two cells that the next bit makes of this."""
        cells: list[Cell] = []
        for bit, count in (0, zeros), (1, self.count - zeros):
            if count > 0:
                samples = list(self.samples)
                samples[self.role] = 2 * samples[self.role] + bit
                cells.append(Cell(self.depth + 1, tuple(samples), count))
        return cells


def compare(a: int, b: int) -> int:
    """Return 0, 1 or 2 where a is less than b, equal to it or greater."""
    return (a >= b) + (a > b)


def near(difference: int) -> int:
    return clamp(difference, -2, 2) + 2


class PaletteDecoder:
    """The model of a palette, and its way through the cells."""

    def __init__(self, payload: bytes, channels: int) -> None:
        self.channels = channels
        self.coder = BitDecoder(payload)
        a, b = (read_starts()[f"palette_weights_{name}"] for name in "ab")
        self.mixer = Mixer(self.coder, ([row[:] for row in a], [row[:] for row in b]), (4, 32))
        self.slots: dict[tuple[int, ...], Slot] = {}
        self.last: Color = (0, 0, 0, 0)
        self.entries: list[Color] = []

    def decode(self, palette_size: int) -> list[Color]:
        """Return the entries: alpha, green, red and blue of each."""
        self.decode_cell(Cell(0, (0, 0, 0, 0), palette_size))
        self.coder.check_end()
        return self.entries

    def decode_cell(self, cell: Cell) -> None:
        if cell.depth == 32:
            self.entries += [cell.samples] * cell.count
            self.last = cell.samples
            return
        zeros = 0
        if cell.role != ALPHA or self.channels == 4:
            zeros = self.decode_zeros(cell)
        for side in cell.sides(zeros):
            self.decode_cell(side)

    def decode_zeros(self, cell: Cell) -> int:
        """Decode how many entries of a cell have a 0 as their next bit."""
        place = 4 * cell.plane + cell.role
        for zeros in range(cell.count):
            rest = class_of(cell.count - zeros, (2, 3, 4, 6, 10))
            slots = [
                self.slots.setdefault((i, *context), Slot())
                for i, context in enumerate(self.contexts(cell, zeros, rest))
            ]
            set_a = 6 * cell.role + rest
            if self.mixer.decide(slots, set_a, place, cell.role, place):
                return zeros
        return cell.count

    def contexts(self, cell: Cell, zeros: int, rest: int) -> list[tuple[int, ...]]:
        """Return the places in the 16 tables."""
        role, plane = cell.role, cell.plane
        own = cell.samples[role]
        green, green_bit = self.upper_bits(cell, GREEN)
        red, red_bit = self.upper_bits(cell, RED)
        blue, _ = self.upper_bits(cell, BLUE)
        relation = 0
        if role == RED:
            relation = 2 * compare(red, green) + green_bit
        elif role == BLUE:
            relation = 6 * (2 * compare(blue, green) + green_bit) + 2 * compare(blue, red) + red_bit
        red_green, blue_green = near(red - green), near(blue - green)
        opacity = self.opacity(cell)
        ahead = [
            sample - (last >> (8 - cell.known(i)))
            for i, (sample, last) in enumerate(zip(cell.samples, self.last, strict=True))
        ]
        signs = [compare(ahead[i], 0) for i in (GREEN, RED, BLUE, ALPHA)]
        last_bit = self.last[role] >> (7 - plane) & 1
        return [
            (role, plane, rest),
            (role, rest, relation),
            (role, plane, relation),
            (role, opacity, rest, min(zeros, 2)),
            (role, plane, opacity, min(rest, 2)),
            (role, red_green, blue_green, green_bit, red_bit),
            (role, near(ahead[role]), last_bit, rest),
            (role, *signs, last_bit),
            (role, plane, near(ahead[role]), last_bit),
            (role, plane, own & 15),
            (role, rest, min(zeros, 3)),
            (role, plane, cell.samples[GREEN] & 7),
            (role, relation, last_bit),
            (role, rest, red_green, blue_green),
            (role, near(ahead[GREEN]), near(ahead[RED]), near(ahead[BLUE])),
            (role, opacity, last_bit),
        ]

    @staticmethod
    def upper_bits(cell: Cell, role: int) -> tuple[int, int]:
        """Return a sample's bits before the plane, and that of the plane, 0 if not known yet."""
        sample = cell.samples[role]
        return divmod(sample, 2) if cell.known(role) > cell.plane else (sample, 0)

    @staticmethod
    def opacity(cell: Cell) -> int:
        """Return 0 where all bits known of alpha are 1, 1 where all are 0, else 2."""
        if cell.samples[ALPHA] == 2 ** cell.known(ALPHA) - 1:
            return 0
        return 1 if cell.samples[ALPHA] == 0 else 2


def decode_coded_palette(payload: bytes, palette_size: int, channels: int) -> bytes:
    """Return the `palette_size * channels` bytes of a coded palette, or raise FormatError."""
    entries = PaletteDecoder(payload, channels).decode(palette_size)
    return b"".join(
        bytes((red, green, blue, alpha)[:channels]) for alpha, green, red, blue in entries
    )


# ---------------------------------------------------------------------------- §8 End


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    width, height : int
        Pixels, from 1 to 2**31 - 1.
    palette : list of tuple of int
        Entries of `channels` samples from 0 to 255.
    channels : int
        3 for RGB, 4 for RGBA with straight alpha.
    indices : list of int
        Palette indices in raster order, `width * height` of them.
    metadata : Metadata
        Contents of the known ancillary sections that the file has.
    others : list of tuple of (str, bytes)
        Tag and payload of the unknown ancillary sections, in the file's order.
    """

    width: int
    height: int
    palette: list[tuple[int, ...]]
    channels: int
    indices: list[int]
    metadata: Metadata
    others: list[tuple[str, bytes]]

    def pixels(self) -> bytes:
        """Return the samples in raster order, interleaved: RGBRGB... or RGBARGBA...."""
        entries = [bytes(entry) for entry in self.palette]
        return b"".join([entries[index] for index in self.indices])


def decode(data: bytes, *, max_pixels: int = 2**28) -> Picture:
    """Decode a `.kq` file (§8.1).

    Parameters
    ----------
    data : bytes
        The whole file.
    max_pixels : int
        The largest width times height to accept (§9).

    Returns
    -------
    Picture
        Indices, palette and metadata.

    Raises
    ------
    FormatError
        The file breaks a rule, or one of its subclasses says more closely what is wrong:
        TruncatedError, ChecksumError, UnsupportedError.
    LimitError
        The file has more pixels, bands or metadata than the limits of §9 allow.
    """
    head = read_head(data)
    check_head_limits(head, max_pixels)
    palette = read_palette(data, head)
    ancillary: list[Section] = []
    indices: list[int] = []
    offset = head.byte_length
    band = 0
    while band < head.band_count:
        section = read_section(data, offset, head, ancillary, band)
        if section.tag == PACKED_BAND:
            indices += read_packed_band(section.payload, head, band)
        elif section.tag == ENTROPY_BAND:
            rows = head.rows_of_band(band)
            indices += decode_entropy_band(section.payload, palette, rows, head.width)
        else:
            ancillary.append(section)
        band += section.tag in BANDS
        offset = section.end
    if offset != len(data):
        raise FormatError(f"{len(data) - offset} bytes follow the last band")
    metadata = read_metadata(ancillary)
    others = [(part.tag, part.payload) for part in ancillary if part.tag not in KNOWN_ANCILLARY]
    return Picture(head.width, head.height, palette, head.channels, indices, metadata, others)


# ---------------------------------------------------------------------------- §9 Limits

MAX_BANDS = 2**16
MAX_ANCILLARY_BYTES = 2**24
MAX_ANCILLARY_SECTIONS = 64


def check_head_limits(head: Head, max_pixels: int) -> None:
    """Make check 9 of the head; 65,536 palette entries, the limit, are all that k can be."""
    if head.width * head.height > max_pixels:
        raise LimitError(f"{head.width} x {head.height} pixels, limit {max_pixels}")
    if head.band_count > MAX_BANDS:
        raise LimitError(f"{head.band_count} bands, limit {MAX_BANDS}")


def check_ancillary_limits(length: int, ancillary: list[Section]) -> None:
    """Check the ancillary sections met so far and one more of this length."""
    total = length + sum(len(section.payload) for section in ancillary)
    if total > MAX_ANCILLARY_BYTES:
        raise LimitError(f"{total} bytes of metadata, limit {MAX_ANCILLARY_BYTES}")
    if len(ancillary) + 1 > MAX_ANCILLARY_SECTIONS:
        raise LimitError(f"more than {MAX_ANCILLARY_SECTIONS} ancillary sections")


# ---------------------------------------------------------------------------- Command line


def encode_netpbm(picture: Picture) -> bytes:
    """Return the picture as a PPM (P6) file if it is RGB, else as a PAM file."""
    if picture.channels == 3:
        header = f"P6\n{picture.width} {picture.height}\n255\n"
    else:
        header = (
            f"P7\nWIDTH {picture.width}\nHEIGHT {picture.height}\nDEPTH 4\nMAXVAL 255\n"
            "TUPLTYPE RGB_ALPHA\nENDHDR\n"
        )
    return header.encode("ascii") + picture.pixels()


def write_output(name: str, data: bytes) -> None:
    if name == "-":
        sys.stdout.buffer.write(data)
    else:
        Path(name).write_bytes(data)


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status: 0 decoded, 1 not, 2 called wrongly."""
    if len(arguments) != 2:
        print("usage: reference_decoder.py IN.kq OUT.ppm|OUT.pam|-", file=sys.stderr)
        return 2
    source, target = arguments
    try:
        write_output(target, encode_netpbm(decode(Path(source).read_bytes())))
    except (KqError, OSError) as error:
        print(f"reference_decoder: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
