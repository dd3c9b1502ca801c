"""The normative half: `IndexedImage` to bytes and back, as `spec/kq-format.md` says.

Bit-exact, integer-only, without knowledge of files or of how a palette is chosen. Each module
answers to one chapter of the spec:

=================  ===================================================================
`cursor`           taking bytes in order, and noticing their end
`head`             §3 and §4: signature, dimensions, palette
`sections`         §5: tag, length, payload, CRC-32
`ancillary`        §5.2: metadata
`bands`            §6: how rows are split
`packed`           §6.1: packed indices (`packed_kernel` has the loops)
`entropy`          §7: entropy-coded indices (`entropy_kernel` has the loops)
`coded_palette`    §7: the palette, coded likewise
`payloads`         §6: one band of either kind, and several at once
`layout`           §2 and §8: the parts of a file in order, without their pixels; no NumPy
`stream`           the whole: encode, decode, verify
`region`           §6, class R: single pixels and rectangles
`salvage`          not normative: what is left of a file that is damaged or cut short
`recovered`        not normative: that as values
`damaged_opening`  not normative: its metadata, and where its first band starts
`patchwork`        not normative: its picture, from what bands are left
`claims`           not normative: what a damaged band says that it is
`resync`           not normative: finding its whole bands
=================  ===================================================================
"""
