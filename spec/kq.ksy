meta:
  id: kq
  title: .kq palette image, version 1
  file-extension: kq
  ks-version: "0.11"
  endian: be
  bit-endian: be

doc: |
  A still picture as a palette of up to 65,536 colours and one palette index for every pixel.

  This describes the container: the head, the ancillary sections and the band sections, as the
  specification (kq-format.md) defines them. It does not check the CRC-32s, the order of sections
  or the lengths of bands, nor does it unpack indices, whose width in bits varies from file to
  file, or decode what is entropy-coded: the payload of a band is its bytes, and so is a coded
  palette.
doc-ref: kq-format.md

seq:
  - id: head
    type: head
  - id: sections
    type: section
    repeat: eos
    doc: Ancillary sections in any order, then `head.band_count` bands from the top (§5).

types:
  head:
    doc: Signature, dimensions and palette (§3).
    seq:
      - id: signature
        contents: [0xbb, "KQ"]
      - id: version
        type: u1
        valid: 1
      - id: width
        type: u4
        valid:
          min: 1
          max: 0x7fff_ffff
        doc: Pixels in a row.
      - id: height
        type: u4
        valid:
          min: 1
          max: 0x7fff_ffff
        doc: Rows.
      - id: palette_size_minus_1
        type: u2
      - id: band_shift
        type: u1
        valid:
          max: 31
        doc: A band has 2 to this power rows; 31 stands for one band (§6).
      - id: coding
        type: b4
        enum: coding
        doc: More significant half of the byte. Version 1 defines these two.
      - id: palette_format
        type: b4
        enum: palette_format
        valid:
          in-enum: true
        doc: >-
          Less significant half of the byte. The coded ones are for coding `entropy` only.
      - id: palette
        type: entry(channels)
        repeat: expr
        repeat-expr: palette_size
        if: not is_palette_coded
        doc: Entries in the order that the indices refer to (§4).
      - id: coded_palette
        type: coded_palette(palette_size * channels)
        if: is_palette_coded
      - id: head_crc
        type: u4
        doc: CRC-32 of all bytes of the file before it.
    instances:
      palette_size:
        value: palette_size_minus_1 + 1
        doc: k, from 1 to 65,536.
      channels:
        value: "palette_format.to_i % 2 == 1 ? 4 : 3"
        doc: c, the bytes of a palette entry.
      is_palette_coded:
        value: palette_format.to_i >= 2
        doc: Whether there is a coded palette in place of the entries.
      index_width:
        value: >-
          palette_size_minus_1 < 0x1 ? 0 :
          palette_size_minus_1 < 0x2 ? 1 :
          palette_size_minus_1 < 0x4 ? 2 :
          palette_size_minus_1 < 0x8 ? 3 :
          palette_size_minus_1 < 0x10 ? 4 :
          palette_size_minus_1 < 0x20 ? 5 :
          palette_size_minus_1 < 0x40 ? 6 :
          palette_size_minus_1 < 0x80 ? 7 :
          palette_size_minus_1 < 0x100 ? 8 :
          palette_size_minus_1 < 0x200 ? 9 :
          palette_size_minus_1 < 0x400 ? 10 :
          palette_size_minus_1 < 0x800 ? 11 :
          palette_size_minus_1 < 0x1000 ? 12 :
          palette_size_minus_1 < 0x2000 ? 13 :
          palette_size_minus_1 < 0x4000 ? 14 :
          palette_size_minus_1 < 0x8000 ? 15 : 16
        doc: b = ceil(log2 k), the bits of one index, from 0 to 16.
      band_count:
        value: ((height - 1) >> band_shift) + 1
        doc: ceil(height / 2^band_shift), the number of band sections.
  entry:
    doc: A palette entry of sRGB samples, unless an ICC profile says otherwise (§4).
    params:
      - id: channels
        type: u1
    seq:
      - id: red
        type: u1
      - id: green
        type: u1
      - id: blue
        type: u1
      - id: alpha
        type: u1
        if: channels == 4
        doc: Straight alpha; 0 is transparent. Absent from an RGB palette, which is opaque.
  coded_palette:
    doc: All entries of the palette in fewer bytes than they have (§4.1, §7).
    params:
      - id: byte_length
        type: u4
        doc: k·c, the bytes of the entries.
    seq:
      - id: length_1
        type: u1
        if: byte_length < 0x100
      - id: length_2
        type: u2
        if: byte_length >= 0x100 and byte_length < 0x1_0000
      - id: length_3
        type: b24
        if: byte_length >= 0x1_0000
      - id: code
        size: length
    instances:
      length:
        value: "byte_length < 0x100 ? length_1 : byte_length < 0x1_0000 ? length_2 : length_3"
        doc: Coded_length, which with its own bytes is less than byte_length.
  section:
    doc: A part of the file after the head, known by its tag (§5).
    seq:
      - id: tag
        type: u1
        enum: tag
        valid:
          expr: (_.to_i >= 0x41 and _.to_i <= 0x5a) or (_.to_i >= 0x61 and _.to_i <= 0x7a)
        doc: An ASCII letter; a lower-case one is ancillary, an upper-case one critical.
      - id: length
        type: u4
        doc: Bytes of the payload.
      - id: payload
        size: length
        type:
          switch-on: tag
          cases:
            tag::icc: icc
            tag::exif: exif
            tag::xmp: xmp
            tag::resolution: resolution
            tag::band: band
            tag::entropy_band: entropy_band
        doc: Bytes where the tag is not in the enumeration.
      - id: crc
        type: u4
        doc: CRC-32 of `tag`, `length` and `payload`.
    instances:
      is_critical:
        value: tag.to_i < 0x61
        doc: Whether the picture cannot be decoded without the section.
  icc:
    doc: An ICC profile of an RGB colour space, as in its file form (§5.2).
    seq:
      - id: profile
        size-eos: true
  exif:
    doc: EXIF, from the byte-order mark on (§5.2).
    seq:
      - id: tiff
        size-eos: true
  xmp:
    doc: >-
      An XMP packet (§5.2): UTF-8 if it is right, but a decoder does not look into it, so that it is
      described as bytes.
    seq:
      - id: packet
        size-eos: true
  resolution:
    doc: Pixel density in 1/65,536 dots per inch (§5.2).
    seq:
      - id: horizontal
        type: u4
      - id: vertical
        type: u4
  band:
    doc: >-
      Rows of the picture (§6.1): indices of `head.index_width` bits in raster order, most
      significant bit first, without a break between rows; the last byte is filled with zero bits.
    seq:
      - id: packed_indices
        size-eos: true
  entropy_band:
    doc: Rows of the picture (§6.2), their indices entropy-coded (§7).
    seq:
      - id: code
        size-eos: true

enums:
  coding:
    0:
      id: packed
      doc: Indices of a fixed number of bits (§6.1).
    1:
      id: entropy
      doc: >-
        Bands in as few bytes as can be, where that is less than packed (§6.2), and packed ones (§6.1).
  palette_format:
    0:
      id: rgb
      doc: Red, green, blue.
    1:
      id: rgba
      doc: Red, green, blue, straight alpha.
    2:
      id: rgb_coded
      doc: As `rgb`, in a coded palette (§4.1).
    3:
      id: rgba_coded
      doc: As `rgba`, in a coded palette (§4.1).
  tag:
    0x42:
      id: band
      doc: Rows of the picture, packed. Critical.
    0x45:
      id: entropy_band
      doc: Rows of the picture, entropy-coded. Critical.
    0x65:
      id: exif
    0x69:
      id: icc
    0x72:
      id: resolution
    0x78:
      id: xmp
