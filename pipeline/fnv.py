"""FNV-1a's constants, for kernels to hash by: http://www.isthe.com/chongo/tech/comp/fnv/."""

from __future__ import annotations

import numpy as np

BASIS_32, PRIME_32 = np.uint32(0x811C9DC5), np.uint32(0x01000193)
BASIS_64, PRIME_64 = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
