"""Where things are in the memory of the WebAssembly module, in bytes."""

CODER = 32  # low, high and code of the arithmetic decoder, u32
LINES = 64  # where 16 slots are, but for what is added to all, u32
CONTEXTS = 128  # the numbers x[3] to x[15] of a pixel's contexts, at 3 to 15, u32
GRADIENT_PLACES = 192  # of the two predictions, places along the seven directions, i32
LEARNT_PLACES = 224
DISTANCE_CLASS = 256  # 141 classes of distances, u8
TRUST = 448  # of each pace 16 numbers: their low bytes, then their high ones
PLACES = 512  # where the 16 slots of a decision are, in bytes, u32
BAND = 576  # what is told of a band, and what it goes on from row to row: see below
PREDICTING = 640  # of the prediction, eight weights of four samples, i32
DIFFERENCES = 768  # what they were weights of, i32
LEARNT = 896  # the learnt prediction of four samples, i32
ENERGY = 912  # of the differences, i32
RUN_CLASS = 928  # 33 classes of runs, u8
ERROR_CLASS = 1024  # 71 classes of errors, u8
LENGTH_CLASS = 1152  # 257 classes of lengths of matches, u8
HELD = 1472  # what followers of the 16 slots are looked up by, u32
SIDES = 1536  # of what sides 4 neighbours are on, 256 ways in sets of list B, in bytes, u16
ACTIVITY = 4096  # 3,061 classes of changes, u8
FOLLOWER = 8192  # of each pace, what 65,536 slots become after a 1, u16
SQUASH = FOLLOWER + 2 * 131_072  # 6,145 probabilities, u16
WEIGHTS_A = SQUASH + 2 * 6_176  # 288 sets of 16, i16; none is in two lines of a cache
WEIGHTS_B = WEIGHTS_A + 32 * 288  # 648 sets, of which the recalling model has 435
REFINEMENTS_A = WEIGHTS_B + 32 * 648  # 640 of 26 numbers, u16
REFINEMENTS_B = REFINEMENTS_A + 52 * 640  # 4,096
CHANCES = REFINEMENTS_B + 52 * 4096  # 4,096 probabilities of states, u16
NODES = (CHANCES + 2 * 4096 + 63) // 64 * 64  # up to 65,535 of 64 bytes each, as palette_tree.js
COLORS = NODES + 64 * 65_536  # four samples of each rank, u16
SLOTS = (COLORS + 8 * 65_536 + 4095) // 4096 * 4096

# What is told of a band, i32 each: places are those of its tables, in bytes, behind the slots.
WIDTH, RANKS, ERRORS, ERRORS_ABOVE = range(BAND, BAND + 16, 4)

# The rest for the recalling model.
MET, CLOSE, GATE, SEEN_SHIFT, HIT_BITS, OPEN_GATE = range(BAND + 16, BAND + 40, 4)
AT_NEAR, NEAR_BITS, RUN, MATCH, MATCHING = range(BAND + 40, BAND + 60, 4)

# The rest for the local one: sizes are in bytes, groups and lines in 32, as many as a line has.
GROUPS, PAIR_SHIFT, PAIR_SIZE, LINE_MASK, NEIGHBOUR_SIZE, MIXED = range(BAND + 16, BAND + 40, 4)

# Where tables begin in the slots, as in memory.js.
AT_DISTANCE = 0
AT_FINE = AT_DISTANCE + 24 * 24 * 8 * 16
AT_PAIRS = AT_FINE + 1024 * 24 * 8
AT_PATTERNS = AT_PAIRS
AT_RUNS = AT_PATTERNS + 128 * 128
AT_MATCHES = AT_RUNS + 128 * 8 * 2
AT_AGREES = AT_MATCHES + 16 * 3 * 16 * 3 * 3
AT_HITS = AT_AGREES + 16 * 3 * 128

# Where the numbers of a node are, in bytes, as in palette_tree.js.
LOW, MIDDLE, HIGH, DIRECTION, CUT, INVERSE, DEPTH, GROUP, LOCAL, LEFT, RIGHT = range(0, 44, 4)
ORDINAL = 44
