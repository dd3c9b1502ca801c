"""Where things are in the memory of the WebAssembly module, in bytes."""

CODER = 32  # low, high and code of the arithmetic decoder, u32
LINES = 64  # where 16 slots are, but for what is added to all, u32
CONTEXTS = 128  # the numbers x[3] to x[15] of a pixel's contexts, at 3 to 15, u32
GRADIENT_PLACES = 192  # of the two predictions, places along the seven directions, i32
LEARNT_PLACES = 224
DISTANCE_CLASS = 256  # 141 classes of distances, u8
OPINION = 4096  # 65,536 opinions, i16
FOLLOWER = OPINION + 2 * 65_536  # 131,072 slots, u16
SQUASH = FOLLOWER + 2 * 131_072  # 6,145 probabilities, u32
WEIGHTS_A = SQUASH + 4 * 6_148  # 288 sets of 16, i16
WEIGHTS_B = WEIGHTS_A + 32 * 288  # 435 sets
REFINEMENTS_A = WEIGHTS_B + 32 * 435  # 640 of 26 numbers, u16
REFINEMENTS_B = REFINEMENTS_A + 52 * 640  # 4,096
CHANCES = REFINEMENTS_B + 52 * 4096  # 4,096 probabilities of states, u32
NODES = (CHANCES + 4 * 4096 + 63) // 64 * 64  # up to 65,535 of 64 bytes each, as palette_tree.js
SLOTS = (NODES + 64 * 65_536 + 4095) // 4096 * 4096

# Where tables begin in the slots, as in memory.js.
AT_DISTANCE = 128 * 128 + 128 * 8 * 2
AT_FINE = AT_DISTANCE + 24 * 24 * 8 * 16
AT_MATCHES = AT_FINE + 1024 * 24 * 8

# Where the numbers of a node are, in bytes, as in palette_tree.js.
LOW, MIDDLE, HIGH, DIRECTION, CUT, INVERSE, DEPTH, GROUP, LOCAL, LEFT, RIGHT = range(0, 44, 4)
