"""Vectors that break the rules of sections (spec §5), of the ancillary ones above all."""

from __future__ import annotations

from vectors.invalid import (
    CHECKSUM,
    FORMAT,
    LIMIT,
    ONE_BAND_SECTION,
    ONE_HEAD,
    THREE_BANDS,
    THREE_HEAD,
    TRUNCATED,
    UNSUPPORTED,
    Invalid,
    with_ancillary,
    with_bands,
)
from vectors.writer import crc32, section, u32

PAYLOADS = {"i": b"icc profile", "e": b"MM\x00\x2a", "x": b"<x/>", "r": bytes(8)}
LARGEST_METADATA = 2**24


def cut(size: int, where: str) -> Invalid:
    """Return a file that ends `size` bytes after the head, in an ancillary section."""
    data = ONE_HEAD + section("x", PAYLOADS["x"])[:size]
    rule = f"The data ends {where}."
    return Invalid(f"section-cut-{size:02}", TRUNCATED, "§5.1", rule, data)


def tag(name: str, error: str, rule: str, tag: str) -> Invalid:
    data = with_ancillary(section(tag, b"payload"))
    return Invalid(f"tag-{name}", error, "§5.1", rule, data)


def no_letter(name: str, character: str) -> Invalid:
    rule = f"A tag is an ASCII letter; {ord(character):#04x} is none."
    return tag(name, FORMAT, rule, character)


def unknown_critical(letter: str) -> Invalid:
    return tag(
        f"critical-{letter}", UNSUPPORTED, "The only critical tags there are are B and E.", letter
    )


def after_first_band(name: str, letter: str) -> Invalid:
    extra = section(letter, PAYLOADS.get(letter, b"payload"))
    rule = "After the first band section there is no ancillary section."
    data = with_bands(THREE_BANDS[0], extra, *THREE_BANDS[1:])
    return Invalid(f"section-after-band-{name}", FORMAT, "§5.1", rule, data)


def duplicate(letter: str) -> Invalid:
    twice = section(letter, PAYLOADS[letter])
    rule = f"Section '{letter}' occurs once at most."
    data = with_ancillary(twice, section("z"), twice)
    return Invalid(f"section-twice-{letter}", FORMAT, "§5.1", rule, data)


def length(letter: str, size: int) -> Invalid:
    rule = f"Section '{letter}' is " + ("8 bytes long." if letter == "r" else "not empty.")
    data = with_ancillary(section(letter, bytes(size)))
    return Invalid(f"section-length-{letter}-{size}", FORMAT, "§5.2", rule, data)


def over_limit(name: str, rule: str, *sections: bytes) -> Invalid:
    return Invalid(f"limit-{name}", LIMIT, "§5.1, §9", rule, ONE_HEAD + b"".join(sections))


def checksum(name: str, rule: str, wrong: bytes) -> Invalid:
    return Invalid(f"section-crc-{name}", CHECKSUM, "§5.1", rule, with_ancillary(wrong))


def crc_of_tag_and_payload() -> bytes:
    """Return a section with the CRC-32 that PNG would have it store."""
    payload = PAYLOADS["x"]
    return section("x", payload, crc=crc32(b"x" + payload))


TRUNCATIONS = [
    cut(0, "after the head, before any section"),
    cut(1, "after a tag"),
    cut(4, "in a length"),
    cut(5, "before a payload"),
    cut(7, "in a payload"),
    cut(9, "before a crc"),
    cut(12, "in a crc"),
    cut(13, "after an ancillary section, before the first band"),
    Invalid(
        "section-length-beyond-end",
        TRUNCATED,
        "§5.1",
        "length + 4 bytes are left; here length is 1000.",
        with_ancillary(section("z", b"short", length=1000)),
    ),
    Invalid(
        "section-length-crc-left-out",
        TRUNCATED,
        "§5.1",
        "length + 4 bytes are left; here only length are.",
        ONE_HEAD + section("z", b"payload", crc=b""),
    ),
]

TAGS = [
    no_letter("00", "\x00"),
    no_letter("digit", "0"),
    no_letter("before-A", "@"),
    no_letter("after-Z", "["),
    no_letter("before-a", "`"),
    no_letter("after-z", "{"),
    no_letter("latin-1", "\xe9"),
    no_letter("ff", "\xff"),
    unknown_critical("A"),
    unknown_critical("I"),
    unknown_critical("Z"),
    Invalid(
        "tag-critical-between-bands",
        UNSUPPORTED,
        "§5.1",
        "An unknown critical tag is refused as such between bands too.",
        with_bands(THREE_BANDS[0], section("P"), *THREE_BANDS[1:]),
    ),
    Invalid(
        "tag-before-length",
        FORMAT,
        "§5.1",
        "The tag is checked before length + 4 bytes need be there.",
        ONE_HEAD + b"\x00" + u32(5),
    ),
]

ORDER = [
    after_first_band("known", "i"),
    after_first_band("unknown", "z"),
    *(duplicate(letter) for letter in PAYLOADS),
    Invalid(
        "section-after-last-band",
        FORMAT,
        "§8",
        "After the last band the data ends; metadata stands before the bands.",
        ONE_HEAD + ONE_BAND_SECTION + section("x", PAYLOADS["x"]),
    ),
]

LENGTHS = [
    length("i", 0),
    length("e", 0),
    length("x", 0),
    length("r", 0),
    length("r", 7),
    length("r", 9),
]

LIMITS = [
    over_limit(
        "metadata-one",
        "The payloads of ancillary sections sum to 2^24 bytes at most; a claim is enough.",
        section("z", length=LARGEST_METADATA + 1),
    ),
    over_limit(
        "metadata-sum",
        "The payloads of ancillary sections sum to 2^24 bytes at most, all together.",
        section("x", b"+"),
        section("z", length=LARGEST_METADATA),
    ),
    over_limit(
        "metadata-largest-claim",
        "A length is compared with the limit before memory is taken for it.",
        section("i", length=2**32 - 1),
    ),
    over_limit(
        "metadata-sections",
        "There are 64 ancillary sections at most by default; this file has 65.",
        *(section("z", bytes([i])) for i in range(65)),
        ONE_BAND_SECTION,
    ),
]

CHECKSUMS = [
    checksum("known", "crc is right.", section("x", PAYLOADS["x"], crc=bytes(4))),
    checksum("unknown", "crc is right in skipped sections too.", section("z", b"?", crc=bytes(4))),
    checksum("empty", "crc is right where there is no payload.", section("z", crc=bytes(4))),
    checksum(
        "without-length", "crc covers length, not only tag and payload.", crc_of_tag_and_payload()
    ),
    checksum(
        "payload-only",
        "crc covers tag and length, not only the payload.",
        section("x", PAYLOADS["x"], crc=crc32(PAYLOADS["x"])),
    ),
    checksum(
        "other-tag",
        "crc covers the tag.",
        section("z", PAYLOADS["x"], crc=section("x", PAYLOADS["x"])[-4:]),
    ),
    Invalid(
        "section-crc-band",
        CHECKSUM,
        "§6.1",
        "The crc of a band section is right.",
        THREE_HEAD
        + THREE_BANDS[0]
        + THREE_BANDS[1][:-1]
        + bytes([THREE_BANDS[1][-1] ^ 1])
        + THREE_BANDS[2],
    ),
]

INVALID_SECTIONS: list[Invalid] = [
    *TRUNCATIONS,
    *TAGS,
    *ORDER,
    *LENGTHS,
    *LIMITS,
    *CHECKSUMS,
]
